//! What alarmed before: onset, limit and value, who acknowledged, when it ended.

import { useEffect, useState } from "preact/hooks";
import type { Alarm, AlarmRow } from "../contract.ts";
import { get, sentence } from "../lib/api.ts";
import { clock, NOTHING } from "../lib/format.ts";
import { Dialog } from "../parts/dialog.tsx";
import { Scrolls } from "../parts/scrolls.tsx";
import { figure, Words } from "./bar.tsx";
import { PRIORITY_TITLES } from "./priority.ts";
import { Sign } from "./sign.tsx";

export function AlarmHistory({ machine, active, closes }: { machine: string; active: Alarm[]; closes: () => void }) {
  const [rows, setRows] = useState<AlarmRow[]>([]);
  const [problem, setProblem] = useState("");
  useEffect(() => {
    get<AlarmRow[]>(`/machines/${encodeURIComponent(machine)}/alarms`)
      .then((all) => setRows([...all].reverse()))
      .catch((error) => setProblem(sentence(error)));
  }, [machine, active.length]);
  return (
    <Dialog title="Alarms" closes={closes} wide>
      {active.length > 0 ? (
        <ul class="alarm-list">
          {active.map((alarm) => (
            <li key={`${alarm.code}${alarm.at_s}`}>
              <span class={`chip mark-${alarm.priority}`}>
                <Sign priority={alarm.priority} />
                {PRIORITY_TITLES[alarm.priority]}
              </span>
              <div class="words">
                <strong>{alarm.title}</strong>
                <Words alarm={alarm} />
              </div>
            </li>
          ))}
        </ul>
      ) : (
        <p>No alarm is active.</p>
      )}
      {problem ? (
        <p class="wrong" role="alert">
          {problem}
        </p>
      ) : null}
      <Scrolls name="Alarm log">
        <table>
          <caption>Since the run began, the latest first</caption>
          <thead>
            <tr>
              <th>At</th>
              <th>Priority</th>
              <th>Alarm</th>
              <th class="n">Limit</th>
              <th class="n">Value</th>
              <th>Acknowledged</th>
              <th>Condition over</th>
            </tr>
          </thead>
          <tbody>
            {rows.map((row) => (
              <tr key={`${row.code}${row.onset_s}`}>
                <td>{clock(row.onset_s)}</td>
                <td>{PRIORITY_TITLES[row.priority]}</td>
                <td>{row.title}</td>
                <td class="n">
                  {row.limit === null || row.limit === undefined ? NOTHING : figure(row.limit, row.unit)}
                </td>
                <td class="n">
                  {row.value === null || row.value === undefined ? NOTHING : figure(row.value, row.unit)}
                </td>
                <td>{row.acknowledged_by ?? NOTHING}</td>
                <td>
                  {row.condition_end_s === null || row.condition_end_s === undefined
                    ? "not yet"
                    : clock(row.condition_end_s)}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </Scrolls>
    </Dialog>
  );
}
