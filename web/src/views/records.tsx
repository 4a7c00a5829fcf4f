//! All records, the latest first, with what each still needs.

import type { RecordRow } from "../contract.ts";
import { useLoaded } from "../lib/load.ts";
import { Scrolls } from "../parts/scrolls.tsx";
import { href } from "../route.ts";
import { NEXT_TITLES } from "./record.tsx";

export function Records() {
  const { value, problem } = useLoaded<RecordRow[]>("/records");
  return (
    <main class="page" id="content" tabIndex={-1}>
      <h1>Records</h1>
      {problem ? (
        <p class="wrong" role="alert">
          {problem}
        </p>
      ) : null}
      {value?.length === 0 ? <p>No procedure was recorded yet.</p> : null}
      {value && value.length > 0 ? (
        <Scrolls name="Records">
          <table>
            <caption class="hidden">Records</caption>
            <thead>
              <tr>
                <th>Opened</th>
                <th>Donor</th>
                <th>Protocol</th>
                <th>Machine</th>
                <th>State</th>
                <th>Next</th>
              </tr>
            </thead>
            <tbody>
              {value.map((row) => (
                <tr key={row.id}>
                  <td>
                    <a href={href("records", row.id)}>
                      {new Date(row.opened_utc).toLocaleString("en-GB", { dateStyle: "medium", timeStyle: "short" })}
                    </a>
                  </td>
                  <td>{row.donor_id}</td>
                  <td>{row.protocol_title}</td>
                  <td>{row.machine}</td>
                  <td>{row.state}</td>
                  <td>{row.next ? NEXT_TITLES[row.next] : ""}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </Scrolls>
      ) : null}
    </main>
  );
}
