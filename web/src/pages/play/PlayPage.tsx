export function PlayPage() {
  return <h1 className="font-bold text-2xl">PlayPage</h1>;
}
