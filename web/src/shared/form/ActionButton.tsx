import type { ComponentProps } from "react";

type ActionButtonProps = ComponentProps<"button"> & { readonly busy: boolean };

/** A button that takes no second press while it is at the first, and keeps the focus: a disabled one would lose it. */
export function ActionButton({ busy, onClick, ...rest }: ActionButtonProps) {
  return (
    <button
      type="button"
      {...rest}
      aria-disabled={busy || undefined}
      onClick={(click) => (busy ? click.preventDefault() : onClick?.(click))}
    />
  );
}
