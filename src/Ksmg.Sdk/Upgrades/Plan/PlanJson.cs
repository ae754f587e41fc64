using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;

namespace Ksmg.Sdk.Upgrades;

/// <summary>Plans as JSON.</summary>
internal static class PlanJson
{
    private static readonly PlanJsonContext OneLine = new(DocumentJson.Options(PlanJsonContext.Default.Options, indented: false));

    public static string Serialize(UpgradePlan plan) => Encoding.UTF8.GetString(ToBytes(plan));

    /// <summary>What identifies a plan: everything in it but when it was made and which run it became.</summary>
    public static string Hash(UpgradePlan plan) => PlanDocument.Hash(ToDocument(plan));

    public static byte[] ToBytes(UpgradePlan plan) => PlanDocument.Write(ToDocument(plan));

    /// <summary>A plan, whatever it holds.</summary>
    /// <exception cref="JsonException">It is no plan.</exception>
    public static UpgradePlan ReadPlan(ReadOnlySpan<byte> json)
    {
        try
        {
            return DocumentJson.NotNull(JsonSerializer.Deserialize(json, OneLine.UpgradePlan));
        }
        catch (Exception e) when (e is ArgumentException or InvalidOperationException)
        {
            throw new JsonException(e.Message, e);
        }
    }

    /// <summary>A plan, if it is the one that was hashed and this version makes the same of it.</summary>
    /// <exception cref="UpgradeException">It is not; the message says what differs.</exception>
    public static UpgradePlan ReadWholePlan(string json)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(json);
        if (PlanDocument.Fault(bytes) is { } fault)
        {
            throw new UpgradeException(fault);
        }

        try
        {
            UpgradePlan plan = ReadPlan(bytes);
            return plan.IsAsHashed ? plan : throw new UpgradeException(Words.Get("plan-file.other-version"));
        }
        catch (JsonException e)
        {
            throw new UpgradeException(Words.Get("plan-file.no-plan", Printable.Reason(e.Message)), e);
        }
    }

    private static JsonObject ToDocument(UpgradePlan plan) => JsonSerializer.SerializeToNode(plan, OneLine.UpgradePlan)!.AsObject();
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    UseStringEnumConverter = true,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true,
    Converters = [typeof(BuildNumberConverter), typeof(NodeRoleConverter), typeof(UpgradePolicyConverter)])]
[JsonSerializable(typeof(UpgradePlan))]
[JsonSerializable(typeof(UpgradePolicyOptions))]
internal sealed partial class PlanJsonContext : JsonSerializerContext;
