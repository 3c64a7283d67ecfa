/** As `favicon.svg`: in the page itself, it is there with the first paint and asks for nothing. */
export function Logo() {
  return (
    <svg aria-hidden="true" viewBox="0 0 32 32" width={28} height={28}>
      <rect width="32" height="32" rx="7" fill="#0f0f1e" />
      <path d="M6 26V15h5v11zm7.5 0V6h5v20zM21 26V11h5v15z" fill="#00ff88" />
    </svg>
  );
}
