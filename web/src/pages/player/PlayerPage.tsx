export function PlayerPage() {
  return <h1 className="font-bold text-2xl">PlayerPage</h1>;
}
