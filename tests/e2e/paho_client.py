"""Eclipse Paho under remote control: a JSON command a line in, events out.

Made for paho-mqtt 1.x, which Debian has. Every event is one JSON line.
"""
import json
import sys
import threading

import paho.mqtt.client as mqtt
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

lock = threading.Lock()


def tell(event, **fields):
    with lock:
        print(json.dumps({"event": event, **fields}), flush=True)


def number(code):
    return int(getattr(code, "value", code))


def make(version, options):
    five = version == mqtt.MQTTv5
    clean = options["clean"]
    client = mqtt.Client(
        client_id=options["clientId"],
        clean_session=None if five else clean,
        protocol=version,
        transport=options["transport"],
    )
    if options["transport"] == "websockets":
        client.ws_set_options(path="/mqtt")
    will = options.get("will")
    if will:
        client.will_set(
            will["topic"],
            will["payload"],
            will.get("qos", 0),
            will.get("retain", False),
        )

    # v5 callbacks have one argument more.
    def on_connect(client, userdata, flags, code, properties=None):
        present = bool(flags.get("session present", 0))
        tell("connected", code=number(code), sessionPresent=present)

    def on_disconnect(client, userdata, code, properties=None):
        tell("closed")

    def on_subscribe(client, userdata, mid, granted, properties=None):
        tell("subscribed", granted=[number(one) for one in granted])

    def on_unsubscribe(client, userdata, mid, properties=None, codes=None):
        tell("unsubscribed")

    def on_message(client, userdata, message):
        tell(
            "message",
            topic=message.topic,
            payload=message.payload.decode(),
            qos=message.qos,
            retain=bool(message.retain),
        )

    # A connection that is lost stays lost for as long as any test lasts.
    client.reconnect_delay_set(min_delay=3600, max_delay=3600)
    client.on_connect = on_connect
    client.on_disconnect = on_disconnect
    client.on_subscribe = on_subscribe
    client.on_unsubscribe = on_unsubscribe
    client.on_message = on_message
    return client


def connect(options):
    version = options["version"]
    client = make(version, options)
    more = {}
    if version == mqtt.MQTTv5:
        more["clean_start"] = options["clean"]
        if not options["clean"]:
            more["properties"] = Properties(PacketTypes.CONNECT)
            more["properties"].SessionExpiryInterval = 3600
    client.connect("127.0.0.1", options["port"], keepalive=60, **more)

    # Only loop_start makes Paho leave all writing to one thread. Beside a
    # thread of our own that calls loop, publish and subscribe write at once,
    # and over WebSocket two writers share one buffer: a frame goes out twice,
    # and the next one loses its beginning.
    client.loop_start()
    return client


client = None
for line in sys.stdin:
    command = json.loads(line)
    name = command["command"]
    if name == "connect":
        client = connect(command)
    elif name == "subscribe":
        client.subscribe(command["filter"], command["qos"])
    elif name == "unsubscribe":
        client.unsubscribe(command["filter"])
    elif name == "publish":
        published = client.publish(
            command["topic"],
            command["payload"],
            command["qos"],
            command["retain"],
        )
        published.wait_for_publish()
        tell("published")
    elif name == "disconnect":
        client.disconnect()
