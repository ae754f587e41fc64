using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Ksmg.Sdk.Infrastructure;
using Ksmg.Sdk.Upgrades;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Ksmg.Sdk.Tests;

/// <summary>Configurations with every setting there is, and what the SDK and the command line say of a changed one.</summary>
internal sealed class ConfigurationSamples : IDisposable
{
    public static readonly string Fingerprint = string.Concat(Enumerable.Repeat("06b0", 16));

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("ksmg-settings-");

    public ConfigurationSamples()
    {
        foreach (string name in (string[])["pw", "key", "hosts", "secret"])
        {
            File.WriteAllText(Path.Combine(_folder.FullName, name), "0123456789abcdef");
        }
    }

    public static string[] Names => ["real", "programs", "simulated"];

    /// <summary>A whole <c>Ksmg</c> section; together the three have every setting.</summary>
    public static JsonObject Document(string name = "real") => JsonNode.Parse(name switch
    {
        "real" => $$"""
            { "Ksmg": { "$schema": "ksmg", "Name": "mail-eu", "BasePath": null, {{Cluster}},
              "LoadBalancer": { "Kind": "HaProxy", "Endpoint": "127.0.0.1:9999", "Backend": "smtp", "Servers": { "gw1": "s1", "gwfile": "s2" }, "Timeout": "5s" },
              "Snapshots": { "Kind": "Libvirt", "Uri": "qemu:///system", "Domains": { "gw1": "vm1", "gwfile": "vm2" }, "VirshPath": "virsh", "Timeout": "30s", "SnapshotTimeout": "20min" },
              "Configuration": { "Kind": "Ssh", "User": "admin", "KeyFile": "key", "KnownHostsFile": "hosts", "Paths": [ "/etc/postfix/main.cf" ], "Hosts": { "gw1": "10.0.0.1:22" },
                "Timeout": "00:00:30", "PristineFolder": "pristine", "UsePackageDatabase": true },
              "MailProbe": { "Kind": "SmtpImap", "From": "a@example.org", "To": "b@example.org", "SmtpTls": "WhenOffered", "SmtpFingerprints": { "gw1": "{{Fingerprint}}" }, "SmtpRootsFile": null,
                "SmtpTimeout": "8s", "Imap": "127.0.0.1:993", "ImapUserName": "b", "ImapPasswordFile": "pw", "ImapPasswordEnvironment": null, "ImapPasswordCommand": null, "ImapFingerprint": "{{Fingerprint}}",
                "ImapRootsFile": null, "ImapFolder": "INBOX", "ImapTimeout": "10s", "CleanUpAfter": "7d" },
              "Evidence": { "Kind": "Cef", "Endpoint": "127.0.0.1:5514", "Senders": { "gw1": "10.0.0.1" } },
              "Hooks": [
                { "Kind": "Command", "Name": "silence", "At": [ "BeforeNode", "AfterNode" ], "Program": "hook", "Arguments": [ "-x" ], "TimeLimit": "5min" },
                { "Kind": "Http", "Name": "ticket", "At": [ "BeforeRun" ], "Url": "https://hooks.example/x", "TokenFile": "secret", "TokenEnvironment": null, "TokenCommand": null,
                  "Fingerprint": "{{Fingerprint}}", "RootsFile": null, "TimeLimit": "1min" } ],
              "Gates": [
                { "Kind": "Command", "Name": "calendar", "Program": "gate", "Arguments": [ "-x" ], "Timeout": "10s", "Patience": "1h" },
                { "Kind": "Http", "Name": "status", "Url": "https://gate.example/x", "Expect": "open", "TokenFile": "secret", "TokenEnvironment": null, "TokenCommand": null,
                  "Fingerprint": "{{Fingerprint}}", "RootsFile": null, "Timeout": "10s", "Patience": "1h" },
                { "Kind": "Prometheus", "Name": "alerts", "Url": "http://127.0.0.1:9090", "Query": "up", "Comparison": "GreaterOrEqual", "Threshold": "1", "EmptyIsGreen": false,
                  "TokenFile": "secret", "TokenEnvironment": null, "TokenCommand": null, "Fingerprint": null, "RootsFile": null, "Timeout": "10s", "Patience": "1h" } ],
              "Notifications": [
                { "Kind": "Command", "Program": "notify", "Arguments": [ "-x" ], "Timeout": "10s" },
                { "Kind": "Webhook", "Url": "https://hooks.example/x", "SecretFile": "secret", "SecretEnvironment": null, "SecretCommand": null, "Fingerprint": "{{Fingerprint}}", "RootsFile": null, "Timeout": "10s" },
                { "Kind": "Smtp", "Relay": "relay.example:587", "From": "a@example.org", "To": [ "c@example.org" ], "Tls": "Required", "Fingerprint": "{{Fingerprint}}", "RootsFile": null,
                  "UserName": "u", "PasswordFile": "pw", "PasswordEnvironment": null, "PasswordCommand": null, "Timeout": "10s" } ] } }
            """,
        "programs" => $$"""
            { "Ksmg": { "Name": "mail-eu", {{Cluster}},
              "LoadBalancer": { "Kind": "Command", "Program": "lb" }, "Snapshots": { "Kind": "Command", "Program": "snap" },
              "MailProbe": { "Kind": "SmtpMaildir", "From": "a@example.org", "To": "b@example.org", "Maildir": "mail" } } }
            """,
        _ => $$"""
            { "Ksmg": { "Name": "mail-eu", {{Cluster}},
              "LoadBalancer": null, "Snapshots": { "Kind": "Simulator", "Endpoint": "http://127.0.0.1:1" },
              "Configuration": { "Kind": "Simulator", "Endpoint": "http://127.0.0.1:1", "Paths": [ "/a" ] },
              "MailProbe": { "Kind": "Simulator", "Endpoint": "http://127.0.0.1:1", "From": "a@b.c", "To": "a@b.c" } } }
            """,
    })!.AsObject();

    /// <summary>What the command line says; empty where the configuration is taken.</summary>
    public async Task<string> CommandLineAsync(JsonObject document, JsonObject? policy = null)
    {
        string file = Path.Combine(_folder.FullName, "cluster.json");
        await File.WriteAllTextAsync(file, document.ToJsonString());
        List<string> arguments = ["report", "nowhere", "-c", file, "--runs", Path.Combine(_folder.FullName, "runs")];
        if (policy is not null)
        {
            string policyFile = Path.Combine(_folder.FullName, "policy.json");
            await File.WriteAllTextAsync(policyFile, policy.ToJsonString());
            arguments.AddRange(["--policy", policyFile]);
        }

        CliAnswer answer = await CliFixture.RunAsync([.. arguments]);
        Assert.Equal(64, answer.ExitCode);
        return answer.Error.Contains("There is no run", StringComparison.Ordinal) ? string.Empty : answer.Error;
    }

    /// <summary>What the SDK says at the start; empty where the configuration is taken.</summary>
    public string Sdk(JsonObject document)
    {
        JsonObject anchored = document.DeepClone().AsObject();
        if (anchored["Ksmg"] is JsonObject cluster && cluster.GetValueOrDefault("BasePath") is null)
        {
            cluster["BasePath"] = _folder.FullName;
        }

        IConfigurationSection section = new ConfigurationBuilder()
            .AddJsonStream(new MemoryStream(Encoding.UTF8.GetBytes(anchored.ToJsonString())))
            .Build()
            .GetSection("Ksmg");
        ServiceCollection services = new();
        services.AddLogging();
        services.AddKsmg(section).AddSimulatorAdapters().AddConfiguredUpgrade();
        using ServiceProvider provider = services.BuildServiceProvider();
        try
        {
            provider.GetRequiredService<IStartupValidator>().Validate();
            return string.Empty;
        }
        catch (OptionsValidationException e)
        {
            return e.Message;
        }
        catch (AggregateException e)
        {
            return string.Join('\n', e.InnerExceptions.Select(inner => Assert.IsType<OptionsValidationException>(inner).Message));
        }
    }

    public void Dispose() => _folder.Delete(recursive: true);

    private const string Cluster = """
        "Nodes": [
          { "Name": "gw1", "Address": "https://127.0.0.1:18441", "Fingerprint": null, "RootsFile": null, "Smtp": "127.0.0.1:2525", "ClusterAddress": "10.0.0.1:9045" },
          { "Name": "gwfile", "Address": "https://127.0.0.1:18442", "Smtp": "127.0.0.1:2526" } ],
        "Credentials": { "UserName": "Administrator", "PasswordFile": "pw", "PasswordEnvironment": null, "PasswordCommand": null },
        "ConnectTimeout": "5s", "RequestLimit": "00:00:08", "UploadIdleTimeout": "1min",
        "Catalogue": { "get-about": [ { "From": null, "Before": null, "Method": "GET", "Path": "/web/api/about", "Safety": "safe", "Provenance": "observed", "Resumable": false } ] },
        "Policy": { "PauseAfter": "First", "MaxUnavailable": 1, "SessionTimeout": "10min", "SessionsLeft": "Ask", "DrainTimeout": "30min", "DrainStablePolls": 3, "MtaQueue": "Wait",
          "KataQuarantine": "Wait", "StageUploads": "WhileDraining", "DemoteFormerControl": "BeforeItsUpdate", "Snapshots": "BeforeRunAndDrained", "SnapshotTimeout": "30min",
          "UploadTimeout": "1h", "InstallTimeout": "1h", "StepTimeout": "5min", "ProbeTimeout": "5min", "Soak": "10min", "NoControlLimit": "2min", "HandoverLimit": "4h",
          "PollInterval": "1s", "SlowPollInterval": "15s", "StabilityInterval": "5s", "SynchronizationMaxAge": "1h", "SynchronizationTimeout": "30min", "DatabasesTimeout": "1h", "ClockSkewLimit": "1min",
          "RequiredFreeBytes": { "/var": "4GB" }, "Accept": [ "no-snapshots" ] }
        """;
}

/// <summary>A place in a document: <c>LoadBalancer:Servers:gw1</c>, below the section <c>Ksmg</c>.</summary>
internal static class JsonPlaces
{
    public static JsonNode? GetValueOrDefault(this JsonObject parent, string name) => parent.TryGetPropertyValue(name, out JsonNode? value) ? value : null;

    /// <summary>Puts a value at a place; as the name of the last part a new one may be given.</summary>
    public static JsonObject With(this JsonObject document, string place, JsonNode? value, string? renamed = null)
    {
        string[] parts = place.Split(':');
        JsonNode parent = document["Ksmg"]!;
        foreach (string part in parts[..^1])
        {
            parent = parent is JsonArray list ? list[int.Parse(part, System.Globalization.CultureInfo.InvariantCulture)]! : parent[part]!;
        }

        if (parent is JsonArray items)
        {
            items[int.Parse(parts[^1], System.Globalization.CultureInfo.InvariantCulture)] = value;
        }
        else
        {
            if (renamed is not null)
            {
                parent.AsObject().Remove(parts[^1]);
            }

            parent[renamed ?? parts[^1]] = value;
        }

        return document;
    }

    /// <summary>Every name in a document with its place and value.</summary>
    public static IEnumerable<(string Place, JsonNode? Value)> Walk(JsonNode? node, string place = "")
    {
        IEnumerable<(string Key, JsonNode? Value)> children = node switch
        {
            JsonObject parent => parent.Select(p => (p.Key, p.Value)),
            JsonArray list => list.Select((item, i) => (i.ToString(System.Globalization.CultureInfo.InvariantCulture), item)),
            _ => [],
        };
        foreach ((string key, JsonNode? value) in children)
        {
            string here = place.Length == 0 ? key : $"{place}:{key}";
            yield return (here, value);
            foreach ((string, JsonNode?) below in Walk(value, here))
            {
                yield return below;
            }
        }
    }
}
