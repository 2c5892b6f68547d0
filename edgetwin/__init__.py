"""edgetwin: a shop-floor gateway that says how far each of its numbers can be trusted.

The map of this house. Folder order is data order: PLCs are read in `field`, `core` decides, `uplink` tells. Each
room has a map of its own files in its `__init__`.

    config/     the only reader of TOML and environment; one frozen tree; every mistake with file and line
    templates/  maps of common devices, as examples
    core/       numbers in, decisions out: no clock, no files, no sockets, no asyncio
      signals     the vocabulary: SignalTable, Frame, Quality, Reason, Outcome
      status      the status codes that devices give, kept and named
      estimate/   the adaptive bank: the corrected value of one signal and its sigma
      checks/     one file for each way in which a sensor can lie
      alerts/     what an alert is, and when it starts and ends; what befalls a whole device is one
      proof/      the plain rules we compare ourselves with
      pipeline    Pipeline.step(frames, now) -> Outcome; the only place that knows the order of the above
      memory      all that was learned, in one place, so that a reload can keep it
    field/      one room per protocol behind one small contract
      driver      the contract
      poller      keeps a device: reconnects, and says when it is away
      modbus/     units on lines, over the network or a serial port
      opcua/      servers, by subscription or read in cycles
      fence/      a process of its own for a driver whose library trusts what servers say
      pki/        certificates
      mqtt/       sensors that publish to a broker
      recording/  a recording as a device
      table/      a table in a CSV file, row by row
    wire/       what two rooms speak: a connection by MQTT, the payload of Sparkplug B
    uplink/     messages, publishing by exception, MQTT
      schema/     the JSON schema of each message that leaves
    plant/      a simulated plant that speaks real Modbus and OPC UA, with faults on demand
    inbox       the frames that wait for the pipeline; bounded, and what is dropped is counted
    tasks       named tasks that never end by themselves
    build       configuration -> parts; the only place that names every part
    devices     the devices at work; those that a reload leaves alone go on
    chain       the other parts at work: inbox -> pipeline -> uplink
    view        all that the gateway knows at one moment, for the screen
    control     what the running gateway answers when it is asked
    control_socket  where it is asked: the file, and how one gateway takes it
    daemon      one task group, signals, shutdown order, systemd
    notify      what systemd hears
    logs        what the machine's own log gets to read, and never a secret
    cli/        one file per verb

Imports run one way: `core`, `config` and `wire` know nothing of the rest; `field`, `uplink` and `plant` know `core`,
`wire` and their own branch of `config`, never each other; then `build`, `devices`, `chain`, `view`, `daemon`, `cli`,
each of which knows those before it. A test holds this true.
"""

__version__ = "0.1.0"
