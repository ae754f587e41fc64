using System.Text.Json;
using System.Text.Json.Nodes;

namespace Ksmg.Simulator;

/// <summary>The <c>cluster.json</c> that leads a client to a simulated cluster.</summary>
internal static class ClusterDocument
{
    public static JsonObject Describe(SimulatedCluster cluster, string name = "simulated")
    {
        string control = (cluster.ControlUrl ?? throw new InvalidOperationException("A cluster without sockets cannot be described in a file."))
            .ToString()
            .TrimEnd('/');
        var servers = new JsonObject();
        var nodes = new JsonArray();
        foreach (SimulatedNodeEndpoint node in cluster.Nodes)
        {
            servers[node.Name] = node.Name;
            nodes.Add(new JsonObject
            {
                ["Name"] = node.Name,
                ["Address"] = node.Url.ToString().TrimEnd('/'),
                ["ClusterAddress"] = node.ClusterAddress,
                ["Fingerprint"] = "sha256:" + node.Fingerprint,
                ["Smtp"] = node.Smtp,
            });
        }

        var paths = new JsonArray([.. FileStore.KnownPaths.Select(known => JsonValue.Create(known))]);
        var document = new JsonObject
        {
            ["Ksmg"] = new JsonObject
            {
                ["Name"] = name,
                ["Nodes"] = nodes,
                ["Credentials"] = new JsonObject { ["UserName"] = cluster.Options.UserName, ["PasswordFile"] = "ksmg-password" },
                ["LoadBalancer"] = new JsonObject
                {
                    ["Kind"] = "HaProxy",
                    ["Endpoint"] = cluster.BalancerRuntime!.ToString(),
                    ["Backend"] = SimulatedBalancer.Backend,
                    ["Servers"] = servers,
                },
                ["Snapshots"] = new JsonObject { ["Kind"] = "Simulator", ["Endpoint"] = control },
                ["Configuration"] = new JsonObject { ["Kind"] = "Simulator", ["Endpoint"] = control, ["Paths"] = paths },
                ["MailProbe"] = new JsonObject
                {
                    ["Kind"] = "Simulator",
                    ["Endpoint"] = control,
                    ["From"] = ModelMailProbe.Address,
                    ["To"] = ModelMailProbe.Address,
                },
                ["Policy"] = new JsonObject
                {
                    ["PauseAfter"] = "First",
                    ["Soak"] = "00:00:02",
                    ["SessionTimeout"] = "00:00:30",
                    ["DrainTimeout"] = "00:02:00",
                    ["SnapshotTimeout"] = "00:02:00",
                    ["UploadTimeout"] = "00:10:00",
                    ["InstallTimeout"] = "00:05:00",
                    ["StepTimeout"] = "00:01:00",
                    ["SynchronizationTimeout"] = "00:02:00",
                    ["DatabasesTimeout"] = "00:02:00",
                    ["ProbeTimeout"] = "00:00:30",
                    ["PollInterval"] = "00:00:00.1000000",
                    ["SlowPollInterval"] = "00:00:00.2500000",
                    ["StabilityInterval"] = "00:00:00.5000000",
                },
            },
        };
        if (cluster.Options.Syslog is { } syslog)
        {
            document["Ksmg"]!["Evidence"] = new JsonObject
            {
                ["Kind"] = "Cef",
                ["Endpoint"] = syslog.Collector.ToString(),
                ["Senders"] = new JsonObject(cluster.Nodes.Select((node, i) =>
                    KeyValuePair.Create(node.Name, (JsonNode?)JsonValue.Create(SyslogSender.AddressOf(i + 1).ToString())))),
            };
        }

        return document;
    }

    /// <summary>Takes over what a person put into the file: the policy, and what does not describe this cluster.</summary>
    /// <exception cref="IOException">It is no JSON object.</exception>
    public static void Keep(string before, JsonObject document, string path)
    {
        JsonObject section = document["Ksmg"]!.AsObject();
        try
        {
            var names = new JsonNodeOptions { PropertyNameCaseInsensitive = true };
            var options = new JsonDocumentOptions { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true };
            JsonObject kept = JsonNode.Parse(before, names, options) as JsonObject ?? throw new JsonException();
            Fill(document, kept, replaces: false);
            if (kept["Ksmg"] is JsonObject sections)
            {
                Fill(section, sections, replaces: false);
                Fill(section["Policy"]!.AsObject(), sections["Policy"] as JsonObject ?? [], replaces: true);
            }
        }
        catch (Exception e) when (e is JsonException or ArgumentException)
        {
            throw new IOException($"{path} is no JSON object, and what a person wrote there would be lost. Mend it, or remove it.", e);
        }
    }

    private static void Fill(JsonObject document, JsonObject kept, bool replaces)
    {
        foreach ((string name, JsonNode? value) in kept)
        {
            string? known = document.Select(member => member.Key).FirstOrDefault(key => key.Equals(name, StringComparison.OrdinalIgnoreCase));
            if (known is null || replaces)
            {
                document[known ?? name] = value?.DeepClone();
            }
        }
    }
}
