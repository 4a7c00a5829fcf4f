//! What an operator tells the machine.

import { post } from "../lib/api.ts";

/** Control's actions as they are serialised: a name, or a name with its data. */
export type Action = string | Record<string, unknown>;

export const act = (machine: string, body: unknown): Promise<unknown> =>
  post(`/machines/${encodeURIComponent(machine)}/actions`, body);

export const tell = (machine: string, action: Action, why: string): Promise<unknown> => act(machine, { action, why });
