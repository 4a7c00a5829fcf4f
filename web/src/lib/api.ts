//! Requests to the server: JSON in and out, the session's CSRF token on every unsafe method, errors as sentences.

import { signal } from "@preact/signals";
import type { Me, Status } from "../contract.ts";

/** What went wrong, in the server's words. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
  ) {
    super(message);
  }
}

/** Who is signed in; `null` nobody, `undefined` not known yet. */
export const me = signal<Me | null | undefined>(undefined);
/** What the server says of itself. */
export const status = signal<Status | null>(null);

async function send<T>(method: "GET" | "POST", path: string, body?: unknown): Promise<T> {
  const headers: Record<string, string> = { accept: "application/json" };
  if (body !== undefined) headers["content-type"] = "application/json";
  if (method !== "GET" && me.value) headers["x-csrf"] = me.value.csrf;
  let response: Response;
  try {
    const init: RequestInit = { method, headers, credentials: "same-origin" };
    if (body !== undefined) init.body = JSON.stringify(body);
    response = await fetch(`/api${path}`, init);
  } catch {
    throw new ApiError(
      0,
      "no_connection",
      "The server does not answer. Check that it runs and that the network is up.",
    );
  }
  const text = await response.text();
  const json = parse(text);
  if (!response.ok) {
    const error = (json as { error?: { code?: string; message?: string } } | null)?.error;
    if (response.status === 401 && path !== "/login") me.value = null;
    throw new ApiError(
      response.status,
      error?.code ?? "failed",
      error?.message ?? `The server answered ${response.status} to ${path}.`,
    );
  }
  return json as T;
}

function parse(text: string): unknown {
  try {
    return text === "" ? null : JSON.parse(text);
  } catch {
    return null;
  }
}

export const get = <T>(path: string): Promise<T> => send<T>("GET", path);
export const post = <T>(path: string, body: unknown = {}): Promise<T> => send<T>("POST", path, body);

/** Reads who is signed in; nobody is no error. */
export async function readMe(): Promise<void> {
  try {
    me.value = await get<Me>("/me");
  } catch (error) {
    if (error instanceof ApiError && error.status === 401) me.value = null;
    else throw error;
  }
}

/** The error as a sentence for the screen. */
export const sentence = (error: unknown): string => (error instanceof Error ? error.message : String(error));
