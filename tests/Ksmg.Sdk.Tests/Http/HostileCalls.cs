using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Ksmg.Sdk.Dialects;
using Ksmg.Sdk.Tests.Support;

namespace Ksmg.Sdk.Tests;

/// <summary>
/// Every operation of the catalogue: the typed call that makes it, and the data of a good answer. Both through the catalogue as it is shipped
/// and through a dialect of other paths and another envelope.
/// </summary>
internal static class HostileCalls
{
    public const string Password = "canary-Passw0rd-7f3a";
    public const string Token = "canary-token-55d1";
    public const string Cookie = "canary-session-9b1c";

    private const string Upload =
        """{"id":"u-1","fileName":"p.ktgz","sizeBytes":1000,"receivedBytes":500,"complete":false,"uploadedAt":"2026-01-01T00:00:00Z"}""";

    private const string Done = """{"success":true}""";

    private static readonly JsonSerializerOptions Shown = new() { IncludeFields = true };

    private static readonly Dictionary<string, (string Data, Func<KsmgNode, UpdatePackageFile, Task<object>> Ask)> Table = new()
    {
        ["get-auth-info"] = ("{}", async (n, _) => await n.Updates.GetAboutAsync()),
        ["user-login"] = (Done, async (n, _) => await n.Updates.GetAboutAsync()),
        ["list-nodes"] = (
            """{"emergencyMode":false,"nodes":[{"address":"10.0.0.1:9045","id":"7","hostName":"gw1.test","comment":"c","role":"control","state":"available","build":"2.1.0.7854","fingerprint":"ab","virtualization":"kvm","scanThreads":4,"synchronizedAt":"2026-01-01T00:00:00Z","databases":"upToDate","problems":[{"code":"c","message":"m"}]}]}""",
            async (n, _) => await n.Nodes.ListAsync().ToListAsync()),
        ["get-node-status"] = (
            """{"address":"10.0.0.1:9045","hostName":"gw1.test","role":"control","emergencyMode":false,"state":"available","databases":"upToDate","clock":"2026-01-01T00:00:00Z","license":"active","disks":[{"mount":"/","freeBytes":1,"totalBytes":2}],"services":[{"name":"mta","state":"running"}],"integrity":{"state":"passed","checkedAt":"2026-01-01T00:00:00Z"},"problems":[{"code":"c","message":"m"}]}""",
            async (n, _) => await n.Nodes.GetStatusAsync()),
        ["get-current-user"] = (
            """{"userName":"Administrator","permissions":["editSettings","manageNodes"],"passwordExpiresAt":"2026-01-01T00:00:00Z"}""",
            async (n, _) => await n.Nodes.GetCurrentUserAsync()),
        ["start-integrity-check"] = (Done, (n, _) => DoneAsync(n.Nodes.StartIntegrityCheckAsync())),
        ["get-about"] = ("""{"version":"2.1","build":"2.1.0.7854"}""", async (n, _) => await n.Updates.GetAboutAsync()),
        ["get-queue-summary"] = (
            """{"mta":1,"kataQuarantine":2,"antiSpamQuarantine":3,"smtpSessions":4}""", async (n, _) => await n.Queue.GetSummaryAsync()),
        ["list-queue"] = (
            """{"messages":[{"id":"m-1","queue":"mta","sender":"a@a.test","recipients":["b@b.test"],"sizeBytes":5,"receivedAt":"2026-01-01T00:00:00Z","reason":"later"}],"next":null}""",
            async (n, _) => await n.Queue.ListMessagesAsync().ToListAsync()),
        ["flush-queue"] = (Done, (n, _) => DoneAsync(n.Queue.FlushAsync(MessageQueueKind.Mta))),
        ["get-mail-flow"] = ("""{"receiving":true,"sending":false}""", async (n, _) => await n.Queue.GetSwitchesAsync()),
        ["set-receiving"] = (Done, (n, _) => DoneAsync(n.Queue.SetReceivingAsync(null, true))),
        ["set-sending"] = (Done, (n, _) => DoneAsync(n.Queue.SetSendingAsync(null, true))),
        ["upload-update"] = ("", async (n, package) => await n.Updates.UploadAsync("u-1", package)),
        ["list-updates"] = ($$"""{"packages":[{{Upload}}]}""", async (n, _) => await n.Updates.ListUploadsAsync()),
        ["delete-update"] = (Done, async (n, _) => await n.Updates.DeleteUploadAsync("u-1")),
        ["start-update"] = (Done, (n, _) => DoneAsync(n.Updates.StartInstallAsync("u-1"))),
        ["get-update-status"] = (
            """{"state":"idle","uploadId":"u-1","progressPercent":5,"unknownObjects":["a"],"message":"m"}""",
            async (n, _) => await n.Updates.GetStatusAsync()),
        ["assign-control"] = (Done, (n, _) => DoneAsync(n.Role.AssignControlAsync())),
        ["assign-secondary"] = (Done, (n, _) => DoneAsync(n.Role.AssignSecondaryAsync())),
    };

    public static IEnumerable<string> Operations => Table.Keys;

    /// <summary>Makes the call of an operation; what came of it, as text.</summary>
    public static async Task<string> AskAsync(string operation, KsmgNode node, UpdatePackageFile package) =>
        JsonSerializer.Serialize(await Table[operation].Ask(node, package), Shown);

    /// <summary>The data of a good answer to an operation.</summary>
    public static string Data(string operation, UpdatePackageFile package) => operation switch
    {
        "upload-update" => string.Create(
            CultureInfo.InvariantCulture,
            $$"""{"id":"u-1","fileName":"p.ktgz","sizeBytes":{{package.SizeBytes}},"receivedBytes":{{package.SizeBytes}},"sha256":"{{package.Sha256}}","complete":true}"""),
        _ => Table[operation].Data,
    };

    /// <summary>An answer in the envelope of the catalogue, or of the dialect.</summary>
    public static string Good(string data, bool dialect) => dialect ? "{\"state\":\"DONE\",\"result\":" + data + "}" : "{\"data\":" + data + "}";

    /// <summary>A refusal; code and message are pieces of JSON.</summary>
    public static string Refused(string code, string message, bool dialect) =>
        (dialect ? "{\"state\":\"FAILED\",\"fault\":" : "{\"error\":") + "{\"code\":" + code + ",\"message\":" + message + "}}";

    /// <summary>A dialect with a path of its own for every operation.</summary>
    public static string Dialect(OperationCatalogue shipped) => new JsonObject
    {
        ["schema"] = 2,
        ["defaults"] = new JsonObject { ["success"] = "state == 'DONE'", ["failure"] = "state == 'FAILED' && fault || null" },
        ["operations"] = new JsonObject(Operations.Select(operation => KeyValuePair.Create(
            operation, (JsonNode?)new JsonArray(Entry(operation, shipped.Operations[operation].Single()))))),
    }.ToJsonString();

    /// <summary>Which operation a request is of.</summary>
    public static string? Operation(HostileRequest request, OperationCatalogue catalogue) => Operations.FirstOrDefault(
        operation => catalogue.Operations[operation].Single() is var entry && entry.Path == request.Path && entry.Method.Method == request.Method);

    private static JsonObject Entry(string operation, OperationEntry shipped)
    {
        JsonObject entry = new() { ["path"] = "/gate/" + operation };
        if (shipped.Safety == CallSafety.Safe && operation != "get-auth-info")
        {
            entry["answer"] = "result";
        }
        else if (operation == "upload-update")
        {
            entry["answer"] = "result";
        }

        return entry;
    }

    private static async Task<object> DoneAsync(Task task)
    {
        await task;
        return "done";
    }
}
