namespace Ksmg.Sdk;

/// <summary>Which arguments an operation has, and which operations only succeed or fail.</summary>
internal static class OperationArguments
{
    /// <summary>The calls of an upload in pieces beside its own; they stand within its entry.</summary>
    public const string BeginUpload = "begin-upload";
    public const string CommitUpload = "commit-upload";

    public const string Node = "node";
    public const string NodeId = "nodeId";
    public const string Receiving = "receiving";
    public const string Sending = "sending";
    public const string File = "file";
    public const string FileName = "fileName";
    public const string UploadId = "uploadId";

    private static readonly string[] None = [];
    private static readonly string[] OfNode = [Node, NodeId];
    private static readonly string[] OfSwitch = [Node, NodeId, "enabled", Receiving, Sending];
    private static readonly string[] OfPackage = [Node, NodeId, UploadId, FileName, "sizeBytes", "sha256", "count"];
    private static readonly string[] OfUpload = [Node, NodeId, "id"];

    /// <summary>Asked before a node's address can be known, so they have none.</summary>
    private static readonly Dictionary<string, (string[] Arguments, bool IsCommand)> Table = new(StringComparer.Ordinal)
    {
        [OperationNames.GetAuthInfo] = (None, false),
        [OperationNames.UserLogin] = (["userName", "password"], false),
        ["create-mta-cert-imported"] = (["password", FileName, File], false),
        ["set-mta-cert-active-server"] = (["id"], true),
        [OperationNames.ListNodes] = (None, false),
        [OperationNames.GetNodeStatus] = (None, false),
        [OperationNames.GetCurrentUser] = (None, false),
        [OperationNames.StartIntegrityCheck] = (OfNode, true),
        [OperationNames.GetAbout] = (None, false),
        [OperationNames.GetQueueSummary] = (OfNode, false),
        [OperationNames.ListQueue] = ([.. OfNode, "queue", "sender", "recipient", "receivedBefore", "cursor", "limit"], false),
        [OperationNames.FlushQueue] = ([.. OfNode, "queue"], true),
        [OperationNames.GetMailFlow] = (OfNode, false),
        [OperationNames.SetReceiving] = (OfSwitch, true),
        [OperationNames.SetSending] = (OfSwitch, true),
        [OperationNames.UploadUpdate] = ([.. OfPackage, File, "offset", "totalBytes", "index", "number", "pieceBytes"], false),
        [BeginUpload] = (OfPackage, true),
        [CommitUpload] = (OfPackage, false),
        [OperationNames.ListUpdates] = (OfNode, false),
        [OperationNames.DeleteUpdate] = (OfUpload, true),
        [OperationNames.StartUpdate] = (OfUpload, true),
        [OperationNames.GetUpdateStatus] = (OfNode, false),
        [OperationNames.AssignControl] = (OfNode, true),
        [OperationNames.AssignSecondary] = (OfNode, true),
    };

    public static IReadOnlyList<string> Of(string operation) => Table[operation].Arguments;

    /// <summary>Whether the operation sends a file.</summary>
    public static bool HasFile(string operation) => Of(operation).Contains(File);

    /// <summary>Whether any operation has an argument of the name.</summary>
    public static bool IsKnown(string name) => Table.Values.Any(operation => operation.Arguments.Contains(name));

    /// <summary>Whether the operation has no data to tell: what the node did is all that counts.</summary>
    public static bool IsCommand(string operation) => Table[operation].IsCommand;
}
