import { useState } from "react";

type AvatarProps = {
  readonly name: string;
  readonly avatar: string | null | undefined;
  readonly size?: "small" | "large";
};

/** The picture of a player, or the first letter of the name where there is none or it does not load. */
export function Avatar({ name, avatar, size = "large" }: AvatarProps) {
  const [failed, setFailed] = useState<string | null>(null);
  const shape = size === "large" ? "size-20 text-4xl" : "size-10 text-lg";
  const address = avatar && /^https:\/\//.test(avatar) && avatar !== failed ? avatar : null;
  if (address) {
    return (
      <img
        src={address}
        alt=""
        className={`${shape} shrink-0 rounded-full border border-line object-cover`}
        referrerPolicy="no-referrer"
        onError={() => setFailed(address)}
      />
    );
  }
  return (
    <span
      aria-hidden="true"
      className={`${shape} grid shrink-0 place-items-center rounded-full border border-line bg-raised font-bold text-link`}
    >
      {firstOf(name)}
    </span>
  );
}

/** The first character as a reader sees it: an emoji of several code points is one. */
export function firstOf(name: string): string {
  const [first] = new Intl.Segmenter().segment(name.trim());
  return (first?.segment ?? "?").toLocaleUpperCase();
}
