using System.Text.RegularExpressions;
using Ksmg.Sdk.Dialects;
using Ksmg.Sdk.Tests.Support;
using Ksmg.Simulator;
using Microsoft.Extensions.Logging.Abstractions;

namespace Ksmg.Sdk.Tests.Dialects;

/// <summary>
/// A node behind the <see cref="ForeignFront"/>, played by hand as the documented procedure has it, and recorded: with other sites, static
/// files, a password and cookies on the way.
/// </summary>
internal static class ForeignRecording
{
    public const string Person = "jane.doe@example.org";

    private const string Mails =
        $$"""{"status":"DONE","data":{"mails":[{"id":"q-1","kind":"MTA","from":"{{Person}}","to":["{{Person}}"],"arrived":1767600000,"why":"later"}] } }""";

    /// <summary>The clicks of an upgrade on the second node of two.</summary>
    public static async Task<(HarBuilder Har, string[] Secrets)> CreateAsync(string folder)
    {
        HarBuilder har = new();
        VirtualTimeProvider time = new();
        SimulatedCluster cluster = SimulatedCluster.CreateVirtual(new SimulatedClusterOptions { Nodes = 2 }, time);
        string zip = Path.Combine(folder, "recorded.zip");
        await cluster.WritePackageAsync(zip);
        string dialect = Path.Combine(folder, "watched.json");

        // What a browser's own front end does: the observed calls begin the session, and all calls carry its header.
        await File.WriteAllTextAsync(dialect, ForeignFront.Dialect
            .Replace("/api/hello", "/web/api/get-auth-info", StringComparison.Ordinal)
            .Replace(
                "\"/api/sign-in\", \"body\": { \"who\": \"{userName}\", \"secret\": \"{password}\" }",
                "\"/web/api/user-login\"",
                StringComparison.Ordinal));
        using KsmgCluster sdk = new(
            ClientWorld.OptionsOf(cluster, dialect),
            node => new HttpClient(har.Record(new ForeignFront(cluster.CreateHandler(node.Name!)) { Addresses = cluster.Nodes.Select(n => n.ClusterAddress) })),
            NullLoggerFactory.Instance,
            TimeProvider.System);

        har.Add("GET", "https://www.example.com/api/cluster", null, """{"data":{"members":[{"endpoint":"192.0.2.1:9045","kind":"MASTER"}]}}""");
        KsmgNode node = sdk.Nodes[1];
        await node.Updates.GetAboutAsync();
        har.Host(node.Address).Add("GET", "/static/app.js", null, "let password = 'x'", answerType: "text/javascript");
        _ = await node.Nodes.ListAsync().ToListAsync();
        await node.Nodes.GetStatusAsync();
        await node.Queue.GetSummaryAsync();
        har.Add("POST", "/api/mails", $$"""{"from":"{{Person}}","max":50}""", Mails, headers: ("X-Ui", "console"));
        await node.Queue.GetSwitchesAsync();
        await node.Queue.SetReceivingAsync(null, false);
        await node.Queue.GetSwitchesAsync();
        await using (UpdatePackage package = await UpdatePackage.OpenAsync(zip))
        {
            await node.Updates.UploadAsync("upload-1", package.Files[0]);
            await node.Updates.ListUploadsAsync();
            await node.Updates.UploadAsync("upload-2", package.Files[0]);
        }

        await node.Updates.ListUploadsAsync();
        await node.Updates.DeleteUploadAsync("upload-2");
        await Assert.ThrowsAnyAsync<KsmgApiException>(() => node.Updates.StartInstallAsync("nothing"));
        await node.Updates.GetStatusAsync();
        await node.Updates.StartInstallAsync("upload-1");
        await node.Updates.GetStatusAsync();
        time.Advance(TimeSpan.FromSeconds(5));
        await node.Updates.GetStatusAsync();
        time.Advance(TimeSpan.FromMinutes(5));
        await node.Updates.GetStatusAsync();
        await node.Updates.GetAboutAsync();
        await node.Role.AssignControlAsync();
        await node.Queue.SetReceivingAsync(null, true);
        await sdk.Nodes[0].Role.AssignSecondaryAsync();
        string text = har.ToString();
        MatchCollection found = Regex.Matches(text, "(?:GATE|ksmg-session)=(?<value>[^;\"]{8,})", RegexOptions.NonBacktracking);
        string[] cookies = [.. found.Select(m => m.Groups["value"].Value).Distinct()];
        Assert.True(cookies.Length > 1, "There are no cookies to be kept out.");
        return (har, [cluster.Options.Password, .. cookies]);
    }
}
