import { useState } from "react";

type Theme = "dark" | "light";

export function ThemeSwitch() {
  const [theme, setTheme] = useState<Theme>(() =>
    document.documentElement.dataset.theme === "light" ? "light" : "dark",
  );
  const other: Theme = theme === "dark" ? "light" : "dark";
  return (
    <button
      type="button"
      className="grid size-10 place-items-center rounded-lg text-quiet hover:text-ink"
      aria-label={`Use the ${other} theme`}
      onClick={() => {
        document.documentElement.dataset.theme = other;
        localStorage.setItem("kleos-theme", other);
        setTheme(other);
      }}
    >
      <span aria-hidden="true">{theme === "dark" ? "☀" : "☾"}</span>
    </button>
  );
}
