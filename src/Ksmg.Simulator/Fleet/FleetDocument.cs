using System.Text.Json;
using System.Text.Json.Nodes;

namespace Ksmg.Simulator;

/// <summary>The <c>fleet.json</c> that leads a client to a simulated fleet.</summary>
internal static class FleetDocument
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    public static Task WriteAsync(SimulatedFleet fleet, string path, CancellationToken cancellationToken) =>
        File.WriteAllTextAsync(path, Describe(fleet).ToJsonString(Indented) + "\n", cancellationToken);

    private static JsonObject Describe(SimulatedFleet fleet)
    {
        int expected = Math.Max(1, fleet.Members.Count(member => member.Outcome is SimulatedOutcome.NeedsHuman or SimulatedOutcome.Refused));
        return new JsonObject
        {
            ["Fleet"] = new JsonObject
            {
                ["Name"] = "simulated",
                ["Clusters"] = new JsonArray([.. fleet.Members.Select(Describe)]),
                ["Waves"] = new JsonArray(
                    new JsonObject { ["Name"] = "canary", ["Match"] = new JsonObject { ["ring"] = "0" } },
                    new JsonObject { ["Name"] = "half", ["Percent"] = 50 },
                    new JsonObject { ["Name"] = "rest" }),
                ["MaxConcurrent"] = 16,

                // What goes wrong by design must not end the fleet.
                ["MaxFailuresPerWave"] = expected,
                ["MaxFailures"] = expected,
                ["NeverTogether"] = new JsonArray("customer"),
                ["Soak"] = "2s",
                ["Store"] = new JsonObject { ["Kind"] = "Files", ["Path"] = "runs" },
            },
        };
    }

    private static JsonNode Describe(SimulatedFleetMember member) => new JsonObject
    {
        ["File"] = member.Name + "/cluster.json",
        ["Labels"] = new JsonObject(member.Labels.Select(label => KeyValuePair.Create(label.Key, (JsonNode?)JsonValue.Create(label.Value)))),
    };
}
