import type { ListenerSettings, VersionName } from "../../config/mod.ts";
import type { ProtocolVersion } from "../../mqtt/mod.ts";
import type { ListenerOptions } from "../../session/mod.ts";

/** By the names that people know to the levels on the wire. */
const VERSIONS: Readonly<Record<VersionName, ProtocolVersion>> = {
  "3.1": 3,
  "3.1.1": 4,
  "5.0": 5,
};

/** Returns the options of connections through `listener`. */
export function listenerOptions(listener: ListenerSettings): ListenerOptions {
  return {
    name: listener.name,
    versions: listener.versions.map((name) => VERSIONS[name]),
    clientIdFrom: listener.client_id,
    assignsClientId: listener.assign_client_id,
    clientIdPrefixes: listener.client_id_prefixes,
    maxPacketSize: listener.max_packet_size,
    maxKeepAlive: listener.max_keep_alive,
    maxQos: listener.max_qos,
    retainAvailable: listener.retain_available,
    receiveMaximum: listener.receive_maximum,
    topicAliasMaximum: listener.topic_alias_maximum,
    mountPoint: listener.mount_point,
    connectTimeout: listener.connect_timeout,
  };
}
