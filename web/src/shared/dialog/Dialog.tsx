import { type ReactNode, useEffect, useId, useRef } from "react";

type DialogProps = { readonly title: string; readonly close: () => void; readonly children: ReactNode };

/** A modal: the browser's own, which keeps the focus inside and gives it back. */
export function Dialog({ title, close, children }: DialogProps) {
  const ref = useRef<HTMLDialogElement>(null);
  const titleId = useId();
  useEffect(() => {
    const dialog = ref.current;
    if (dialog && !dialog.open) dialog.showModal();
  }, []);
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: Escape closes it already; the click is on the backdrop
    <dialog
      ref={ref}
      aria-labelledby={titleId}
      className="card m-auto max-h-[85dvh] w-[min(720px,calc(100vw-32px))] overflow-y-auto whitespace-normal p-5 text-left font-normal text-ink backdrop:bg-black/60 sm:p-6"
      onClose={close}
      onClick={(event) => {
        if (event.target === ref.current) ref.current?.close();
      }}
    >
      <div className="mb-4 flex items-start justify-between gap-4">
        <h2 id={titleId} className="font-bold text-xl">
          {title}
        </h2>
        <button type="button" className="button shrink-0" onClick={() => ref.current?.close()}>
          Close
        </button>
      </div>
      {children}
    </dialog>
  );
}
