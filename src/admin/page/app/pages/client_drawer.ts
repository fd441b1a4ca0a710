/// <reference lib="dom" />
import { html } from "htm/preact";
import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { adviceOf, CLOSED, DROPPED } from "../data/advice.ts";
import { get, isAdmin, Problem, send } from "../data/api.ts";
import {
  shownCount,
  shownDate,
  shownDuration,
  shownSize,
  shownText,
  shownTime,
} from "../data/format.ts";
import { linkTo } from "../data/route.ts";
import type { Page } from "../data/list.ts";
import type { ClientDetail, ClientRow, DropRow } from "../data/rows.ts";
import { Confirm, Drawer } from "../parts/dialog.ts";
import { act, Fault } from "../parts/notice.ts";
import type { View } from "../parts/view.ts";
import { ExplainForm } from "./explain_form.ts";

/** All about one client, and what can be done to it. */
export function ClientDrawer(
  { id, onClose }: { id: string; onClose: (isChanged: boolean) => void },
): View {
  const client = useSignal<ClientDetail | null>(null);
  const takenAt = useSignal(0);
  const fault = useSignal("");
  const isGone = useSignal(false);
  const isChanged = useRef(false);
  const load = async () => {
    try {
      client.value = await get<ClientDetail>("clients/show", { clientId: id });
      takenAt.value = Date.now();
      fault.value = "";
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      client.value = null;
      fault.value = error.message;
    }
  };
  useEffect(() => void load(), [id]);
  const change = async (path: string, text: string) => {
    if (!await act(() => send("POST", path, { clientId: id }), text)) return;
    isChanged.current = true;
    const { rows } = await get<Page<ClientRow>>("clients", { id });
    if (rows.length > 0) return await load();
    client.value = null;
    isGone.value = true;
  };
  const now = client.value;
  return html`
    <${Drawer} title=${`Client ${id}`}
      onClose=${() => onClose(isChanged.current)}>
      <${Fault} text=${fault.value} />
      ${isGone.value && html`<p class="empty">Its session has ended.</p>`}
      ${now !== null && html`
        <div class="taken">
          <p role="status">Taken at ${shownTime(takenAt.value)}</p>
          <button onClick=${load}>Refresh</button>
        </div>
        ${isAdmin() && html`<${Actions} client=${now} change=${change} />`}
        <${Facts} facts=${connectionFacts(now)} title="Connection" />
        <${Facts} facts=${sessionFacts(now)} title="Session and traffic" />
        <${Drops} title="Messages that it did not get" rows=${now
          .notDelivered} />
        <${Drops} title="Messages of it that were refused"
          rows=${now.notAccepted} />
        <${ExplainForm} id=${id} />
        <${Subscriptions} client=${now} />
        <${Ends} client=${now} />
      `}
    <//>
  `;
}

function Actions(
  { client: { id, state }, change }: {
    client: ClientDetail;
    change: (path: string, text: string) => Promise<void>;
  },
): View {
  return html`
    <div class="actions">
      ${state === "connected" && html`
        <${Confirm} label="Disconnect"
          question="Disconnect it? It may connect again at once."
          onConfirm=${() =>
            change("clients/kick", `Client ${id} is disconnected.`)}
        />
      `}
      <${Confirm} label="Delete session"
        question="Delete its subscriptions and all messages that wait for it?"
        onConfirm=${() =>
          change("sessions/delete", `The session of ${id} is deleted.`)}
      />
    </div>
  `;
}

type FactList = readonly (readonly [string, string])[];

function Facts({ title, facts }: { title: string; facts: FactList }): View {
  return html`
    <h3>${title}</h3>
    <dl class="facts">${facts.map(([name, value]) =>
      html`
        <div key=${name}>
          <dt>${name}</dt>
          <dd>${value}</dd>
        </div>
      `
    )}</dl>
  `;
}

function connectionFacts(client: ClientDetail): FactList {
  const { certificateFacts: certificate, keepAlive, port } = client;
  const address = shownText(client.address);
  return [
    ["State", client.state],
    client.state === "connected"
      ? ["Connected since", shownDate(client.connectedSince)]
      : ["Away since", shownDate(client.awaySince)],
    ["User", shownText(client.user)],
    ["Address", port === null ? address : `${address}, port ${port}`],
    [
      "Listener",
      `${shownText(client.listener)} (${shownText(client.protocol)})`,
    ],
    ["MQTT version", shownText(client.version)],
    [
      "Keep Alive",
      keepAlive === null ? "–" : keepAlive === 0 ? "off" : `${keepAlive} s`,
    ],
    ["Accepted by", shownText(client.authenticator)],
    ["Groups", shownText(client.groups.join(", "))],
    ...(client.loginEndsAt === null
      ? []
      : [["Login ends", shownDate(client.loginEndsAt)] as const]),
    ...(certificate === null
      ? [["Certificate", shownText(client.certificate)] as const]
      : [
        ["Certificate", certificate.subject] as const,
        ["Issued by", certificate.issuer] as const,
        ["Fingerprint", certificate.fingerprint] as const,
        ["Valid until", shownDate(certificate.notAfter || null)] as const,
      ]),
    ...(client.mountPoint === null
      ? []
      : [["Mount point", client.mountPoint] as const]),
    ...(client.isBridge ? [["Bridge", "yes"] as const] : []),
    ...(client.paused === null
      ? []
      : [["Not read now", client.paused] as const]),
  ];
}

function sessionFacts(client: ClientDetail): FactList {
  const { expiry, will } = client;
  return [
    [
      "Session expiry",
      expiry === null
        ? "never"
        : expiry === 0
        ? "at once"
        : shownDuration(expiry),
    ],
    ...(client.expiresAt === null
      ? []
      : [["Expires at", shownDate(client.expiresAt)] as const]),
    ["Subscriptions", shownCount(client.subscriptions)],
    [
      "Waiting messages",
      `${shownCount(client.backlog)} (${shownSize(client.backlogBytes)})`,
    ],
    [
      "In flight",
      `${shownCount(client.inflight)} of ${shownText(client.receiveMaximum)}`,
    ],
    ["QoS 2 not released", shownCount(client.unreleased)],
    ["Waits for its socket", shownSize(client.outboundBytes)],
    [
      "Received from it",
      `${shownCount(client.messagesReceived)} messages, ${
        shownSize(client.bytesReceived)
      }`,
    ],
    [
      "Sent to it",
      `${shownCount(client.messagesSent)} messages, ${
        shownSize(client.bytesSent)
      }`,
    ],
    ["Dropped", shownCount(client.dropped)],
    [
      "Maximum Packet Size",
      client.maximumPacketSize === null
        ? "no bound"
        : shownSize(client.maximumPacketSize),
    ],
    [
      "Will",
      will === null
        ? "none"
        : `${will.topic}, QoS ${will.qos}${will.retain ? ", retained" : ""}, ` +
          `${shownSize(will.bytes)}, after ${will.delay} s`,
    ],
  ];
}

function Drops(
  { title, rows }: { title: string; rows: readonly DropRow[] },
): View | null {
  if (rows.length === 0) return null;
  return html`
    <h3>${title}</h3>
    <ul class="advice">${rows.map(({ reason, count, lastAt, lastTopic }) => {
      const { what, todo } = adviceOf(DROPPED, reason);
      return html`<li key=${reason}><strong>${
        shownCount(count)
      } × ${what}</strong>
        <span>${todo}</span>
        <small>Last: ${lastTopic}, ${shownDate(lastAt)}</small></li>`;
    })}</ul>
  `;
}

function Subscriptions({ client }: { client: ClientDetail }): View {
  const { subscribed, subscriptions, id } = client;
  return html`
    <h3>Subscriptions</h3>
    ${subscribed.length === 0 && html`<p class="empty">It has none.</p>`}
    <ul class="plain">${subscribed.map(({ filter, qos, noLocal }) =>
      html`<li key=${filter}><code>${filter}</code>
        <small>QoS ${qos}${noLocal ? ", no local" : ""}</small></li>`
    )}</ul>
    ${subscribed.length < subscriptions && html`<p>
      <a href=${linkTo("subscriptions", { client: id })}>All of them</a></p>`}
  `;
}

function Ends({ client: { lastEnds } }: { client: ClientDetail }): View | null {
  if (lastEnds.length === 0) return null;
  return html`
    <h3>Last ends of its connections</h3>
    <ul class="advice">${lastEnds.map(({ at, reason }) => {
      const { what, todo } = adviceOf(CLOSED, reason);
      return html`<li key=${at}><strong>${shownDate(at)}: ${what}</strong>
        <span>${todo}</span></li>`;
    })}</ul>
  `;
}
