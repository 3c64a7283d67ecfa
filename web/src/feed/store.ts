import { useEffect, useRef } from "react";
import { create } from "zustand";
import { token, useSession } from "@/shared/session";
import { type FeedMessage, FeedSocket, type FeedState } from "./socket";

/** Whether what is on the screen is live; `away` marks it as stale. */
export const useFeedState = create<{ state: FeedState }>()(() => ({ state: "idle" }));

let socket: FeedSocket | null = null;

function theSocket(): FeedSocket {
  if (!socket) {
    const url = `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/v1/feed`;
    const made = new FeedSocket(url, (state) => useFeedState.setState({ state }));
    socket = made;
    const identify = async () => made.identify(await token());
    void identify();
    useSession.subscribe(() => void identify());
  }
  return socket;
}

/** Hears a topic for as long as the component is there; null hears nothing. */
export function useTopic(topic: string | null, listener: (message: FeedMessage) => void): void {
  const latest = useRef(listener);
  latest.current = listener;
  useEffect(() => {
    if (topic === null) return;
    return theSocket().listen(topic, (message) => latest.current(message));
  }, [topic]);
}

/** A name as a topic carries it. */
export function inTopic(name: string): string {
  return name.replace(/[/?&=%#]/g, (character) => encodeURIComponent(character));
}
