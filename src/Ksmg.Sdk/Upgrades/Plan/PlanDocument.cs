using System.Buffers;
using System.Security.Cryptography;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Ksmg.Sdk.Upgrades;

/// <summary>
/// A plan as a JSON document. Its hash is that of the document, not of what this version makes of it: a run that an older version began
/// keeps its hash. The digests of its parts stand beside the hash, only to say in words what was changed.
/// </summary>
internal static class PlanDocument
{
    private const string HashMember = "hash";
    private const string DigestsMember = "digests";
    private const string FindingsMember = "findings";
    private const int DigestCharacters = 16;

    private static readonly JsonDocumentOptions _strict = new() { AllowDuplicateProperties = false };

    /// <summary>What is left out of the hash: itself, when the plan was made, and which run or fleet it became.</summary>
    private static readonly Dictionary<string, string> _blank = new(StringComparer.Ordinal)
    {
        ["runId"] = string.Empty,
        ["fleetId"] = string.Empty,
        ["createdAt"] = "0001-01-01T00:00:00+00:00",
        [HashMember] = string.Empty,
    };

    public static byte[] Write(JsonObject plan)
    {
        JsonObject digests = [];
        foreach ((string part, JsonNode? content) in plan)
        {
            digests[part] = Digest(content);
        }

        digests.Remove(HashMember);
        plan[DigestsMember] = digests;
        return ToBytes(plan, indented: true);
    }

    public static string Hash(JsonObject plan)
    {
        ArrayBufferWriter<byte> bytes = new();
        using (Utf8JsonWriter writer = new(bytes, Options(indented: false)))
        {
            writer.WriteStartObject();
            foreach ((string part, JsonNode? content) in plan.Where(p => p.Key != DigestsMember))
            {
                writer.WritePropertyName(part);
                if (_blank.TryGetValue(part, out string? blank))
                {
                    writer.WriteStringValue(blank);
                }
                else
                {
                    WriteNode(writer, part == FindingsMember ? WithoutWords(content) : content);
                }
            }

            writer.WriteEndObject();
        }

        return Convert.ToHexStringLower(SHA256.HashData(bytes.WrittenSpan));
    }

    /// <summary>What is wrong with a document that is to be a plan of this version, in words; <see langword="null"/>: nothing.</summary>
    public static string? Fault(ReadOnlySpan<byte> json)
    {
        try
        {
            return JsonNode.Parse(json, documentOptions: _strict) is JsonObject plan
                && plan["schema"] is JsonValue schema && schema.TryGetValue(out int version) && version == UpgradePlan.CurrentSchema
                ? Changed(plan)
                : Words.Get("plan-file.schema", UpgradePlan.CurrentSchema);
        }
        catch (Exception e) when (IsDamage(e))
        {
            return Words.Get("plan-file.not-json", Printable.Reason(e.Message));
        }
    }

    /// <summary>What was changed in a plan since it was hashed, in words; <see langword="null"/>: nothing, or it is no plan at all.</summary>
    public static string? Changed(ReadOnlySpan<byte> json)
    {
        try
        {
            return JsonNode.Parse(json, documentOptions: _strict) is JsonObject plan ? Changed(plan) : null;
        }
        catch (Exception e) when (IsDamage(e))
        {
            return null;
        }
    }

    /// <summary>Texts are decoded when they are looked at: what is no UTF-8, or half a surrogate pair, shows only then.</summary>
    private static bool IsDamage(Exception e) => e is JsonException or InvalidOperationException or ArgumentException;

    private static string? Changed(JsonObject plan)
    {
        if (plan[HashMember] is JsonValue hash && hash.TryGetValue(out string? text) && text == Hash(plan))
        {
            return null;
        }

        JsonObject digests = plan[DigestsMember] as JsonObject ?? [];
        IEnumerable<string> parts = plan
            .Select(p => p.Key).Union(digests.Select(d => d.Key), StringComparer.Ordinal)
            .Where(part => part is not (HashMember or DigestsMember));
        string[] changed = [.. parts.Where(part => !IsDigest(digests[part], plan[part])).Select(Words.OneLine)];
        return Words.Get("plan-file.changed", changed.Length > 0 ? string.Join(", ", changed) : Words.Get("plan-file.changed-hash"));
    }

    private static bool IsDigest(JsonNode? digest, JsonNode? content) =>
        digest is JsonValue value && value.TryGetValue(out string? text) && text == Digest(content);

    private static string Digest(JsonNode? content) => Convert.ToHexStringLower(SHA256.HashData(ToBytes(content, indented: false)))[..DigestCharacters];

    /// <summary>A finding is its key and arguments: how they are worded is no part of the plan.</summary>
    private static JsonNode? WithoutWords(JsonNode? findings)
    {
        JsonNode? keys = findings?.DeepClone();
        foreach (JsonObject finding in (keys as JsonArray ?? []).OfType<JsonObject>().Where(f => f.ContainsKey("message")))
        {
            finding.Remove("text");
        }

        return keys;
    }

    private static byte[] ToBytes(JsonNode? node, bool indented)
    {
        ArrayBufferWriter<byte> bytes = new();
        using (Utf8JsonWriter writer = new(bytes, Options(indented)))
        {
            WriteNode(writer, node);
        }

        return bytes.WrittenSpan.ToArray();
    }

    private static void WriteNode(Utf8JsonWriter writer, JsonNode? node)
    {
        if (node is null)
        {
            writer.WriteNullValue();
        }
        else
        {
            node.WriteTo(writer);
        }
    }

    private static JsonWriterOptions Options(bool indented) =>
        new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, Indented = indented, NewLine = "\n" };
}
