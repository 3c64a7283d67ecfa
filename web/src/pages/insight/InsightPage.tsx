export function InsightPage() {
  return <h1 className="font-bold text-2xl">InsightPage</h1>;
}
