import { useEffect, useState } from "react";

type ShareButtonProps = {
  readonly title: string;
  readonly path: string;
  readonly label?: string;
  readonly isSmall?: boolean;
  /** Where a phone has no room for the word. */
  readonly isIconOnPhones?: boolean;
};

const SAID_MS = 4_000;

/** Gives the link to whatever the device shares with, else copies it, and says so. */
export function ShareButton({
  title,
  path,
  label = "Share",
  isSmall = false,
  isIconOnPhones = false,
}: ShareButtonProps) {
  const [said, setSaid] = useState("");
  useEffect(() => {
    if (!said) return;
    const timer = setTimeout(() => setSaid(""), SAID_MS);
    return () => clearTimeout(timer);
  }, [said]);
  return (
    <span className="inline-flex items-center gap-2">
      <button
        type="button"
        className={isSmall ? "rounded px-1 text-link text-sm hover:underline" : "button max-sm:px-3"}
        aria-label={label === "Share" ? `Share: ${title}` : undefined}
        onClick={() => void share({ title, url: new URL(path, location.href).href }, navigator).then(setSaid)}
      >
        <span aria-hidden="true">↗︎</span>{" "}
        <span className={isIconOnPhones ? "max-sm:sr-only" : ""}>{label}</span>
      </button>
      <span role="status" className={`text-sm text-up ${said ? "" : "sr-only"}`}>
        {said}
      </span>
    </span>
  );
}

export type Sharing = {
  share?: (what: { title: string; url: string }) => Promise<void>;
  clipboard?: { writeText: (text: string) => Promise<void> };
};

/** What to say of it; nothing where the device has shown its own dialog. */
export async function share(what: { title: string; url: string }, device: Sharing): Promise<string> {
  if (device.share) {
    try {
      await device.share(what);
      return "";
    } catch (error) {
      if (error instanceof DOMException && error.name === "AbortError") return "";
    }
  }
  try {
    if (!device.clipboard) return what.url;
    await device.clipboard.writeText(what.url);
    return "Link copied";
  } catch {
    return what.url;
  }
}
