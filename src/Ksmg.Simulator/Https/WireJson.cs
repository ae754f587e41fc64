using System.Globalization;
using System.Text.Json.Nodes;
using Ksmg.Sdk;

namespace Ksmg.Simulator;

/// <summary>The shapes of docs/wire.md. A good answer never contains the text <c>error</c>.</summary>
internal static class WireJson
{
    public static JsonObject Success() => new() { ["success"] = true };

    public static JsonObject Refusal(string code, string message) =>
        new() { ["error"] = new JsonObject { ["code"] = code, ["message"] = message } };

    public static JsonObject Of(NodeTable table)
    {
        var rows = new JsonArray();
        foreach (Node node in table.Nodes)
        {
            var row = new JsonObject { ["address"] = node.Address, ["hostName"] = node.HostName, ["role"] = node.Role.Value };
            if (!table.EmergencyMode)
            {
                row["comment"] = node.Comment;
                row["state"] = node.State.Value;
                row["build"] = node.Build?.ToString();
                row["fingerprint"] = node.CertificateFingerprint;
                row["virtualization"] = node.Virtualization;
                row["scanThreads"] = node.ScanThreads;
                row["synchronizedAt"] = Of(node.SynchronizedAt);
                row["appliedAt"] = Of(node.AppliedAt);
                row["databases"] = node.Databases.Value;
                row["problems"] = Of(node.Problems);
            }

            rows.Add(row);
        }

        return new JsonObject { ["emergencyMode"] = table.EmergencyMode, ["settingsChangedAt"] = Of(table.SettingsChangedAt), ["nodes"] = rows };
    }

    public static JsonObject Of(NodeStatus status) => new()
    {
        ["address"] = status.Address,
        ["hostName"] = status.HostName,
        ["role"] = status.Role.Value,
        ["emergencyMode"] = status.EmergencyMode,
        ["state"] = status.State.Value,
        ["synchronizedAt"] = Of(status.SynchronizedAt),
        ["appliedAt"] = Of(status.AppliedAt),
        ["settingsChangedAt"] = Of(status.SettingsChangedAt),
        ["databases"] = status.Databases.Value,
        ["clock"] = Of(status.Clock),
        ["license"] = status.License.Value,
        ["disks"] = List(status.Disks, disk => new JsonObject { ["mount"] = disk.Mount, ["freeBytes"] = disk.FreeBytes, ["totalBytes"] = disk.TotalBytes }),
        ["services"] = List(status.Services, service => new JsonObject { ["name"] = service.Name, ["state"] = service.State.Value }),
        ["integrity"] = new JsonObject { ["state"] = status.Integrity.State.Value, ["checkedAt"] = Of(status.Integrity.CheckedAt) },
        ["problems"] = Of(status.Problems),
    };

    public static JsonObject Of(CurrentUser user)
    {
        var permissions = new JsonArray();
        if (user.CanEditSettings)
        {
            permissions.Add((JsonNode)"editSettings");
        }

        if (user.CanManageNodes)
        {
            permissions.Add((JsonNode)"manageNodes");
        }

        return new JsonObject { ["userName"] = user.UserName, ["permissions"] = permissions, ["passwordExpiresAt"] = Of(user.PasswordExpiresAt) };
    }

    public static JsonObject Of(AboutInfo about)
    {
        var page = new JsonObject { ["version"] = about.Version };
        if (about.Build is { } build)
        {
            page["build"] = build.ToString();
        }

        return page;
    }

    public static JsonObject Of(QueueSummary queue) => new()
    {
        ["mta"] = queue.Mta,
        ["kataQuarantine"] = queue.KataQuarantine,
        ["antiSpamQuarantine"] = queue.AntiSpamQuarantine,
        ["smtpSessions"] = queue.SmtpSessions,
    };

    /// <summary>One page of messages; the cursor is the number of messages before it.</summary>
    public static JsonObject Of(IReadOnlyList<QueuedMessage> messages, string? cursor, string? limit)
    {
        int from = int.TryParse(cursor, NumberStyles.None, CultureInfo.InvariantCulture, out int before) ? before : 0;
        int count = int.TryParse(limit, NumberStyles.None, CultureInfo.InvariantCulture, out int asked) ? Math.Clamp(asked, 1, 1000) : 100;
        string? next = from + count < messages.Count ? (from + count).ToString(CultureInfo.InvariantCulture) : null;
        return new JsonObject
        {
            ["messages"] = List(messages.Skip(from).Take(count), message => new JsonObject
            {
                ["id"] = message.Id,
                ["queue"] = message.Queue.Value,
                ["sender"] = message.Sender,
                ["recipients"] = new JsonArray([.. message.Recipients.Select(recipient => JsonValue.Create(recipient))]),
                ["sizeBytes"] = message.SizeBytes,
                ["receivedAt"] = Of(message.ReceivedAt),
                ["reason"] = message.Reason,
            }),
            ["next"] = next,
        };
    }

    public static JsonObject Of(MailFlowSwitches switches) => new() { ["receiving"] = switches.Receiving, ["sending"] = switches.Sending };

    public static JsonObject Of(IReadOnlyList<UploadedUpdate> uploads) => new() { ["packages"] = List(uploads, Of) };

    public static JsonObject Of(UploadedUpdate upload)
    {
        var entry = new JsonObject
        {
            ["id"] = upload.Id,
            ["fileName"] = upload.FileName,
            ["sizeBytes"] = upload.SizeBytes,
            ["receivedBytes"] = upload.ReceivedBytes,
            ["complete"] = upload.IsComplete,
            ["uploadedAt"] = Of(upload.UploadedAt),
        };
        if (upload.IsComplete)
        {
            entry["sha256"] = upload.Sha256;
        }

        return entry;
    }

    public static JsonObject Of(UpdateStatus status) => new()
    {
        ["state"] = status.State.Value,
        ["uploadId"] = status.UploadId,
        ["progressPercent"] = status.ProgressPercent,
        ["unknownObjects"] = new JsonArray([.. status.UnknownObjects.Select(found => JsonValue.Create(found))]),
        ["message"] = status.Message,
    };

    private static JsonArray Of(IReadOnlyList<NodeProblem> problems) =>
        List(problems, problem => new JsonObject { ["code"] = problem.Code, ["message"] = problem.Message });

    private static string? Of(DateTimeOffset? time) => time?.UtcDateTime.ToString("O", CultureInfo.InvariantCulture);

    private static JsonArray List<T>(IEnumerable<T> items, Func<T, JsonObject> map) => new([.. items.Select(map)]);
}
