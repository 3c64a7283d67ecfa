import { useState } from "react";

type Theme = "dark" | "light";

const SUN =
  "M12 7a5 5 0 1 0 0 10 5 5 0 0 0 0-10ZM12 1v3M12 20v3M4.2 4.2l2.1 2.1M17.7 17.7l2.1 2.1M1 12h3M20 12h3M4.2 19.8l2.1-2.1M17.7 6.3l2.1-2.1";
const MOON = "M20 14.5A8.5 8.5 0 1 1 9.5 4a7 7 0 0 0 10.5 10.5Z";

/** As the document says; where none is, the page is drawn for both. */
function themeInForce(): Theme {
  const isLight = typeof document !== "undefined" && document.documentElement.dataset.theme === "light";
  return isLight ? "light" : "dark";
}

export function ThemeSwitch() {
  const [theme, setTheme] = useState<Theme>(themeInForce);
  const other: Theme = theme === "dark" ? "light" : "dark";
  return (
    <button
      type="button"
      className="grid size-10 shrink-0 place-items-center rounded-lg text-quiet hover:text-ink"
      aria-label={`Use the ${other} theme`}
      onClick={() => {
        document.documentElement.dataset.theme = other;
        localStorage.setItem("kleos-theme", other);
        setTheme(other);
      }}
    >
      <svg
        aria-hidden="true"
        viewBox="0 0 24 24"
        className="size-5"
        fill="none"
        stroke="currentColor"
        strokeWidth="2"
        strokeLinecap="round"
        strokeLinejoin="round"
      >
        <path d={SUN} className="light:hidden" />
        <path d={MOON} className="hidden light:inline" />
      </svg>
    </button>
  );
}
