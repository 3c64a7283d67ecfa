import { type RefObject, useRef } from "react";

type EditorProps = {
  readonly id: string;
  readonly label: string;
  readonly value: string;
  readonly wrong: ReadonlySet<number>;
  readonly area: RefObject<HTMLTextAreaElement | null>;
  readonly change: (value: string) => void;
};

/** A text with the numbers of its lines; those that are wrong are marked. */
export function Editor({ id, label, value, wrong, area, change }: EditorProps) {
  const gutter = useRef<HTMLPreElement>(null);
  const lines = value.split("\n").length;
  return (
    <div className="card flex h-[60dvh] min-h-80 overflow-hidden font-mono text-sm leading-6 focus-within:outline-2 focus-within:outline-link">
      <label htmlFor={id} className="sr-only">
        {label}
      </label>
      <pre
        ref={gutter}
        aria-hidden="true"
        className="m-0 shrink-0 select-none overflow-hidden border-line border-r py-3 text-right text-quiet"
      >
        {Array.from({ length: lines }, (_, at) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: a line is its number
          <span key={at} className={`block px-2 ${wrong.has(at + 1) ? "bg-down/25 font-bold text-ink" : ""}`}>
            {wrong.has(at + 1) ? "✕ " : ""}
            {at + 1}
          </span>
        ))}
      </pre>
      <textarea
        ref={area}
        id={id}
        value={value}
        wrap="off"
        spellCheck={false}
        autoCapitalize="off"
        autoComplete="off"
        className="min-w-0 grow resize-none bg-transparent p-3 text-ink outline-none"
        onChange={(event) => change(event.target.value)}
        onScroll={(event) => {
          if (gutter.current) gutter.current.scrollTop = event.currentTarget.scrollTop;
        }}
      />
    </div>
  );
}

/** Selects a line of a textarea and brings it into view. */
export function goToLine(area: HTMLTextAreaElement, line: number): void {
  const lines = area.value.split("\n");
  const start = lines.slice(0, line - 1).reduce((sum, each) => sum + each.length + 1, 0);
  area.focus();
  area.setSelectionRange(start, start + (lines[line - 1]?.length ?? 0));
  const height = Number.parseFloat(getComputedStyle(area).lineHeight);
  area.scrollTop = Math.max(0, (line - 4) * height);
}
