import type { UseQueryResult } from "@tanstack/react-query";
import { type ReactNode, useDeferredValue } from "react";
import { ApiProblem } from "@/api/client";

/** A grey shape where something will be; the reader is told once, by the live region around it. */
export function Skeleton({
  className = "",
  round = false,
}: {
  readonly className?: string;
  readonly round?: boolean;
}) {
  return (
    <div aria-hidden="true" className={`${round ? "rounded-full" : "rounded-lg"} bg-line/60 ${className}`} />
  );
}

export function Loading({ label, children }: { readonly label: string; readonly children: ReactNode }) {
  return (
    <div role="status" aria-label={`Loading ${label}`}>
      {children}
    </div>
  );
}

/** Nothing there yet: says what would fill it, and how. */
export function Empty({ title, children }: { readonly title: string; readonly children?: ReactNode }) {
  return (
    <div className="card flex flex-col items-center gap-2 px-6 py-12 text-center">
      <p className="font-semibold text-lg">{title}</p>
      {children && <div className="max-w-prose text-quiet">{children}</div>}
    </div>
  );
}

type FailureProps = {
  readonly what: string;
  readonly error: unknown;
  readonly retry?: () => void;
  readonly missing?: boolean;
  /** Whether it stands in place of a whole page, whose heading it then is. */
  readonly isPage?: boolean;
};

export function Failure({ what, error, retry, missing = isMissing(error), isPage = false }: FailureProps) {
  const detail = error instanceof Error ? error.message : String(error);
  const Title = isPage ? "h1" : "p";
  return (
    <div role="alert" className="card flex flex-col items-center gap-3 px-6 py-12 text-center">
      <Title className="font-semibold text-lg">
        {missing ? `No such ${what}` : `Could not load ${what}`}
      </Title>
      <p className="max-w-prose text-quiet first-letter:uppercase">{detail}</p>
      {retry && !missing && (
        <button type="button" className="button" onClick={retry}>
          Try again
        </button>
      )}
    </div>
  );
}

function isMissing(error: unknown): boolean {
  return error instanceof ApiProblem && error.status === 404;
}

/**
 * Whether what has just arrived may be drawn: soon, and then in pieces between which the browser answers whoever scrolls
 * or taps. What was there from the first on may be at once, and so may its changes.
 */
export function useArrived(isThere: boolean): boolean {
  return useDeferredValue(isThere) && isThere;
}

type QueryStatesProps<T> = {
  readonly query: UseQueryResult<T>;
  readonly what: string;
  readonly skeleton: ReactNode;
  readonly isEmpty?: (data: T) => boolean;
  readonly empty?: ReactNode;
  readonly isPage?: boolean;
  readonly children: (data: T) => ReactNode;
};

/** The four states of whatever a query brings: loading, error, empty, full. Old data stays while new is on its way. */
export function QueryStates<T>({
  query,
  what,
  skeleton,
  isEmpty,
  empty,
  isPage = false,
  children,
}: QueryStatesProps<T>) {
  const arrived = useArrived(query.data !== undefined);
  if (query.data !== undefined && arrived) {
    return <>{isEmpty?.(query.data) ? empty : children(query.data)}</>;
  }
  if (query.isError) {
    return <Failure what={what} error={query.error} retry={() => void query.refetch()} isPage={isPage} />;
  }
  return <Loading label={what}>{skeleton}</Loading>;
}
