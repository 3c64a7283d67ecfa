import { type ReactNode, useEffect, useId, useRef } from "react";
import { createPortal } from "react-dom";

type DialogProps = { readonly title: string; readonly close: () => void; readonly children: ReactNode };

/**
 * A modal: the browser's own, which keeps the focus inside. It hangs below the document, so that it stays open when what
 * opened it travels; it gives the focus back even when it is taken away before it was closed.
 */
export function Dialog({ title, close, children }: DialogProps) {
  const ref = useRef<HTMLDialogElement>(null);
  const titleId = useId();
  useEffect(() => {
    const opener = document.activeElement;
    const dialog = ref.current;
    if (dialog && !dialog.open) dialog.showModal();
    return () => giveFocus(opener);
  }, []);
  // What had the focus may go while the dialog stays: a form, say, for what became of it.
  useEffect(() => {
    if (document.activeElement === document.body) ref.current?.focus();
  });
  return createPortal(
    // biome-ignore lint/a11y/useKeyWithClickEvents: Escape closes it already; the click is on the backdrop
    <dialog
      ref={ref}
      aria-labelledby={titleId}
      tabIndex={-1}
      className="card m-auto max-h-[85dvh] w-[min(720px,calc(100vw-32px))] overflow-y-auto p-5 text-ink backdrop:bg-black/60 sm:p-6"
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
    </dialog>,
    document.body,
  );
}

/** Back to what opened the dialog; where that is gone, to the content of the page. */
function giveFocus(opener: Element | null): void {
  const isThere = opener instanceof HTMLElement && opener.isConnected && opener !== document.body;
  if (isThere) opener.focus();
  else document.getElementById("main")?.focus({ preventScroll: true });
}
