// An OPC UA server of another family than the client. It listens on loopback only, says "ready PORT" when it does, and
// takes its orders as lines on standard input: "set NAME NUMBER", and "end". Other namespaces may come before its own:
//
//     node server.js PORT [URI...]
"use strict";

const fs = require("node:fs");
const os = require("node:os");
const path = require("node:path");
const readline = require("node:readline");
const {
    DataType, MessageSecurityMode, OPCUACertificateManager, OPCUAServer, SecurityPolicy, StatusCodes, Variant,
    VariantArrayType, nodesets,
} = require("node-opcua");

const OURS = "urn:edgetwin:node";
const [port, ...others] = process.argv.slice(2);

// Structures are declared in a nodeset, as vendors do. Within the file our namespace is number 1.
function nodeset(uri, content = "") {
    return `<?xml version="1.0" encoding="utf-8"?>
        <UANodeSet xmlns="http://opcfoundation.org/UA/2011/03/UANodeSet.xsd">
        <NamespaceUris><Uri>${uri}</Uri></NamespaceUris>
        <Models><Model ModelUri="${uri}" Version="1.0.0" PublicationDate="2026-01-01T00:00:00Z">
            <RequiredModel ModelUri="http://opcfoundation.org/UA/"/></Model></Models>
        ${content}
        </UANodeSet>`;
}

function structure(id, name, fields) {
    return `
        <UADataType NodeId="ns=1;i=${id}" BrowseName="1:${name}">
            <DisplayName>${name}</DisplayName>
            <References><Reference ReferenceType="i=45" IsForward="false">i=22</Reference></References>
            <Definition Name="1:${name}">${fields}</Definition>
        </UADataType>
        <UAObject NodeId="ns=1;i=${id + 1}" BrowseName="Default Binary" SymbolicName="DefaultBinary">
            <DisplayName>Default Binary</DisplayName>
            <References>
                <Reference ReferenceType="i=38" IsForward="false">ns=1;i=${id}</Reference>
                <Reference ReferenceType="i=40">i=76</Reference>
            </References>
        </UAObject>`;
}

const TYPES = structure(3000, "Position", '<Field Name="X" DataType="i=11"/><Field Name="Y" DataType="i=11"/>')
    + structure(3010, "Pose", `<Field Name="Label" DataType="i=12"/><Field Name="Position" DataType="ns=1;i=3000"/>
        <Field Name="Joints" DataType="i=4" ValueRank="1"/>`);

function files(folder) {
    return [...others.map((uri) => nodeset(uri)), nodeset(OURS, TYPES)].map((text, number) => {
        const file = path.join(folder, `${number}.xml`);
        fs.writeFileSync(file, text);
        return file;
    });
}

function build(addressSpace) {
    const ours = addressSpace.getNamespace(OURS);
    const objects = addressSpace.rootFolder.objects;
    const line = ours.addFolder(objects, { browseName: "Line1" });
    const motor = ours.addObject({ organizedBy: line, browseName: "Motor" });

    const speed = ours.addAnalogDataItem({
        componentOf: motor, browseName: "Speed", nodeId: "s=Speed", dataType: DataType.Double,
        engineeringUnitsRange: { low: 0, high: 1000 },
    });
    speed.setValueFromSource({ dataType: DataType.Double, value: 500 });

    const plain = ours.addVariable({
        componentOf: motor, browseName: "Plain", nodeId: "s=Plain", dataType: DataType.Double,
    });
    plain.setValueFromSource({ dataType: DataType.Double, value: 1 });

    const running = ours.addVariable({
        componentOf: motor, browseName: "Running", nodeId: "s=Running", dataType: DataType.Boolean,
    });
    running.setValueFromSource({ dataType: DataType.Boolean, value: true });

    const zones = ours.addVariable({
        componentOf: motor, browseName: "Zones", nodeId: "s=Zones", dataType: DataType.Double,
        valueRank: 1, arrayDimensions: [100],
    });
    zones.setValueFromSource({
        dataType: DataType.Double, arrayType: VariantArrayType.Array,
        value: Float64Array.from({ length: 100 }, (_, n) => n / 2),
    });

    const matrix = ours.addVariable({
        componentOf: motor, browseName: "Matrix", nodeId: "s=Matrix", dataType: DataType.Int32,
        valueRank: 2, arrayDimensions: [2, 3],
    });
    matrix.setValueFromSource(new Variant({
        dataType: DataType.Int32, arrayType: VariantArrayType.Matrix, dimensions: [2, 3],
        value: Int32Array.from([11, 12, 13, 21, 22, 23]),
    }));

    const failed = ours.addVariable({
        componentOf: motor, browseName: "Failed", nodeId: "s=Failed", dataType: DataType.Double,
    });
    failed.setValueFromSource({ dataType: DataType.Double, value: 1 }, StatusCodes.BadSensorFailure);

    const doubtful = ours.addVariable({
        componentOf: motor, browseName: "Doubtful", nodeId: "s=Doubtful", dataType: DataType.Double,
    });
    doubtful.setValueFromSource({ dataType: DataType.Double, value: 7.5 }, StatusCodes.UncertainSensorNotAccurate);

    const pose = addressSpace.findDataType("Pose", ours.index);
    const value = addressSpace.constructExtensionObject(pose, {
        label: "arm", position: { x: 1.5, y: -2.5 }, joints: [7, 8, 9],
    });
    const arm = ours.addVariable({
        componentOf: motor, browseName: "Arm", nodeId: "s=Arm", dataType: pose.nodeId,
    });
    arm.setValueFromSource({ dataType: DataType.ExtensionObject, value });

    return { Speed: speed, Plain: plain };
}

async function main() {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), "node_server-"));
    const certificates = new OPCUACertificateManager({ rootFolder: path.join(folder, "pki") });
    const server = new OPCUAServer({
        port: Number(port), host: "127.0.0.1", hostname: "127.0.0.1",
        nodeset_filename: [nodesets.standard, ...files(folder)],
        serverCertificateManager: certificates,
        securityModes: [MessageSecurityMode.None], securityPolicies: [SecurityPolicy.None],
        serverInfo: { applicationUri: "urn:edgetwin:test:node" },
        serverCapabilities: { operationLimits: { maxNodesPerRead: 4, maxMonitoredItemsPerCall: 4 } },
    });
    await server.initialize();
    const variables = build(server.engine.addressSpace);
    await server.start();
    console.log(`ready ${server.endpoints[0].port}`);
    for await (const order of readline.createInterface({ input: process.stdin })) {
        const [verb, name, number] = order.split(" ");
        if (verb === "end") break;
        variables[name].setValueFromSource({ dataType: DataType.Double, value: Number(number) });
    }
    await server.shutdown(0);
    process.exit(0);
}

main().catch((error) => { console.error(error); process.exit(1); });
