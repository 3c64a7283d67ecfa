export function GamePage() {
  return <h1 className="font-bold text-2xl">GamePage</h1>;
}
