export function MePage() {
  return <h1 className="font-bold text-2xl">MePage</h1>;
}
