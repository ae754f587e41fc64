using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Ksmg.Sdk.Tests.Conventions;

namespace Ksmg.Sdk.Tests;

/// <summary>
/// The recording that is kept (<c>Golden/browser/*.har</c>): what a browser wrote down, without static files' bodies, what was only asked again,
/// and secrets; where those stood, canaries stand.
/// </summary>
internal static partial class BrowserRecording
{
    public const string Password = "canary-password";
    public const string Cookie = "canary-session";
    public const string Token = "canary-token";

    private static readonly JsonSerializerOptions Format = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
    private static readonly string[] KeptHeaders = ["content-type", "cookie", "set-cookie", "x-xsrf-token", "ksmg-xsrf-token"];

    public static string PathOf(string shape) => Repository.PathOf("tests", "Ksmg.Sdk.Tests", "Golden", "browser", shape + ".har");

    /// <summary>The recording makes the same calls as the one that is kept.</summary>
    public static void Check(string shape, JsonObject recorded, string password)
    {
        JsonObject kept = Kept(recorded, password);
        string text = kept.ToJsonString(Format) + "\n";
        File.WriteAllText(Path.Combine(AppContext.BaseDirectory, $"browser-{shape}.har"), recorded.ToJsonString(Format));
        Assert.DoesNotContain(password, text, StringComparison.Ordinal);
        if (Environment.GetEnvironmentVariable("KSMG_ACCEPT_GOLDEN") == "1")
        {
            Directory.CreateDirectory(Path.GetDirectoryName(PathOf(shape))!);
            File.WriteAllText(PathOf(shape), text);
        }

        Assert.True(File.Exists(PathOf(shape)), $"{PathOf(shape)} is missing; KSMG_ACCEPT_GOLDEN=1 writes it.");
        Assert.Equal(Calls(JsonNode.Parse(File.ReadAllText(PathOf(shape)))!), Calls(kept));
    }

    /// <summary>Each call once: verb, path, the names in its query and bodies.</summary>
    private static string[] Calls(JsonNode recording) =>
    [
        .. Entries(recording).Where(entry => IsCall(entry) && (int)entry["response"]!["status"]! == 200)
            .Select(entry => (Request: entry["request"]!, Told: Json((string?)entry["response"]!["content"]!["text"])))
            .Where(call => call.Told is not null)
            .Select(call => (
                Call: $"{call.Request["method"]} {new Uri((string)call.Request["url"]!).AbsolutePath}"
                    + $" {string.Join(',', call.Request["queryString"]!.AsArray().Select(part => (string)part!["name"]!))}"
                    + $" {string.Join(',', Members(Json((string?)call.Request["postData"]?["text"])).Distinct())}",
                Told: Members(call.Told)))
            .GroupBy(call => call.Call, StringComparer.Ordinal)
            .Select(calls => $"{calls.Key} -> {string.Join(',', calls.SelectMany(call => call.Told).Distinct().Order(StringComparer.Ordinal))}")
            .Order(StringComparer.Ordinal),
    ];

    private static JsonObject Kept(JsonObject recorded, string password)
    {
        JsonObject kept = recorded.DeepClone().AsObject();
        JsonObject log = kept["log"]!.AsObject();
        Dictionary<string, string> last = new(StringComparer.Ordinal);
        JsonArray entries = [];
        foreach (JsonNode entry in Entries(recorded))
        {
            JsonNode clean = JsonNode.Parse(Clean(entry.ToJsonString(), password))!;
            if (!IsCall(clean))
            {
                clean["response"]!["content"]!.AsObject().Remove("text");
            }

            foreach (string side in (string[])["request", "response"])
            {
                clean[side]!["headers"] = new JsonArray([.. clean[side]!["headers"]!.AsArray().Where(IsKept).Select(Canary)]);
            }

            // What was asked again and answered the same says nothing new.
            string call = $"{clean["request"]!["method"]} {clean["request"]!["url"]} {clean["request"]!["postData"]?["text"]}";
            string told = Instant().Replace((string?)clean["response"]!["content"]!["text"] ?? string.Empty, string.Empty);
            string answer = $"{clean["response"]!["status"]} {told}";
            if (last.GetValueOrDefault(call) != answer)
            {
                last[call] = answer;
                entries.Add(clean);
            }
        }

        log["entries"] = entries;
        return kept;
    }

    /// <summary>Without the password, and without ports, which differ from run to run.</summary>
    private static string Clean(string entry, string password) =>
        Port().Replace(entry.Replace(password, Password, StringComparison.Ordinal), "https://${node}.localhost");

    private static bool IsKept(JsonNode? header) => KeptHeaders.Contains(((string)header!["name"]!).ToLowerInvariant());

    private static JsonNode Canary(JsonNode? header)
    {
        JsonNode kept = header!.DeepClone();
        string name = ((string)kept["name"]!).ToLowerInvariant();
        kept["value"] = name is "cookie" or "set-cookie"
            ? CookieValue().Replace((string)kept["value"]!, match => $"{match.Groups["name"]}={(match.Groups["name"].Value.Contains("XSRF") ? Token : Cookie)}")
            : name.EndsWith("xsrf-token", StringComparison.Ordinal) ? Token : (string)kept["value"]!;
        return kept;
    }

    private static bool IsCall(JsonNode entry) => new Uri((string)entry["request"]!["url"]!).AbsolutePath.StartsWith("/web/api/", StringComparison.Ordinal);

    private static IEnumerable<JsonNode> Entries(JsonNode recording) => recording["log"]!["entries"]!.AsArray().Select(entry => entry!);

    private static JsonNode? Json(string? text) => text is ['{', ..] ? JsonNode.Parse(text) : null;

    private static IEnumerable<string> Members(JsonNode? node) => node switch
    {
        JsonObject fields => fields.SelectMany(field => Members(field.Value).Select(inner => $"{field.Key}.{inner}").Prepend(field.Key)),
        JsonArray list => list.SelectMany(Members),
        _ => [],
    };

    [GeneratedRegex(@"https://(?<node>gw\d+)\.localhost:\d+", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex Port();

    [GeneratedRegex(@"(?<name>[\w-]*(XSRF-TOKEN|ksmg-session))=[^;\n]*", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex CookieValue();

    /// <summary>A moment, as text or in milliseconds.</summary>
    [GeneratedRegex(@"\d{4}-\d\d-\d\dT[\d:.]+Z|\b\d{13}\b", RegexOptions.NonBacktracking)]
    private static partial Regex Instant();
}
