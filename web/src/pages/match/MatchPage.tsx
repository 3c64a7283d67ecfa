export function MatchPage() {
  return <h1 className="font-bold text-2xl">Match</h1>;
}
