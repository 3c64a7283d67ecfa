export function ComparePage() {
  return <h1 className="font-bold text-2xl">ComparePage</h1>;
}
