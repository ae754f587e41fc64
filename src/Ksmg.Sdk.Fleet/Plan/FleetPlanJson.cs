using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Ksmg.Sdk.Upgrades;

namespace Ksmg.Sdk.Fleet;

/// <summary>Plans of fleets as JSON.</summary>
internal static class FleetPlanJson
{
    private static readonly FleetPlanJsonContext OneLine = new(DocumentJson.Options(FleetPlanJsonContext.Default.Options, indented: false));

    public static string Serialize(FleetPlan plan) => Encoding.UTF8.GetString(ToBytes(plan));

    /// <summary>What identifies a plan: everything in it but when it was made, which fleet it became, and where the package was for whoever made it.</summary>
    public static string Hash(FleetPlan plan) => PlanDocument.Hash(ToDocument(plan with { PackagePath = string.Empty }));

    public static byte[] ToBytes(FleetPlan plan) => PlanDocument.Write(ToDocument(plan));

    /// <exception cref="JsonException">It is no plan.</exception>
    public static FleetPlan Read(ReadOnlySpan<byte> json)
    {
        try
        {
            return DocumentJson.NotNull(JsonSerializer.Deserialize(json, OneLine.FleetPlan));
        }
        catch (Exception e) when (e is ArgumentException or InvalidOperationException)
        {
            throw new JsonException(e.Message, e);
        }
    }

    private static JsonObject ToDocument(FleetPlan plan) => JsonSerializer.SerializeToNode(plan, OneLine.FleetPlan)!.AsObject();
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    UseStringEnumConverter = true,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true,
    IgnoreReadOnlyProperties = true,
    Converters = [typeof(BuildNumberConverter), typeof(NodeRoleConverter)])]
[JsonSerializable(typeof(FleetPlan))]
internal sealed partial class FleetPlanJsonContext : JsonSerializerContext;
