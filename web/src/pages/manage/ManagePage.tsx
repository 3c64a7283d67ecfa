export function ManagePage() {
  return <h1 className="font-bold text-2xl">ManagePage</h1>;
}
