using System.Text.Json.Nodes;
using Ksmg.Sdk.Dialects;
using Ksmg.Sdk.Tests.Conventions;
using Ksmg.Sdk.Tests.Support;
using Ksmg.Sdk.Upgrades;

namespace Ksmg.Sdk.Tests.Dialects;

public sealed class DialectDraftTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("ksmg-draft-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task A_recording_with_other_sites_files_a_password_and_cookies_gives_the_expected_table_and_no_secret()
    {
        (HarBuilder har, string[] secrets) = await ForeignRecording.CreateAsync(_folder.FullName);
        string recording = PathOf("day.har");
        await File.WriteAllTextAsync(recording, har.ToString());
        CliAnswer answer = await CliFixture.RunAsync("dialect", "draft", "--har", recording, "--out", PathOf("dialect.json"));

        Assert.True(answer.ExitCode == 0, answer.Error);
        string dialect = await File.ReadAllTextAsync(PathOf("dialect.json"));
        Assert.All(secrets.Append(ForeignRecording.Person), secret =>
        {
            Assert.DoesNotContain(secret, dialect, StringComparison.Ordinal);
            Assert.DoesNotContain(secret, answer.Output + answer.Error, StringComparison.Ordinal);
        });
        string table = answer.Output.Replace(_folder.FullName + Path.DirectorySeparatorChar, string.Empty, StringComparison.Ordinal);
        Golden("dialect-draft.txt", string.Join('\n', table.Split('\n').Select(line => line.TrimEnd())));
        Golden("dialect-draft.json", dialect);
    }

    /// <summary>The hand edits are those that the table asks for, and no others.</summary>
    [Fact]
    public async Task A_drafted_dialect_with_the_hand_edits_it_asks_for_drives_a_whole_upgrade()
    {
        (HarBuilder har, _) = await ForeignRecording.CreateAsync(_folder.FullName);
        DialectDraft draft = await DialectDraft.ReadAsync(har.ToStream());
        JsonObject dialect = JsonNode.Parse(draft.Json)!.AsObject();
        JsonObject operations = dialect["operations"]!.AsObject();
        await File.WriteAllTextAsync(PathOf("dialect.json"), draft.Json);
        FormatException refused = Assert.Throws<FormatException>(() => OperationCatalogue.Of(Options()));
        Assert.Contains("dialect.json:set-receiving:0:unsure: ", Assert.Single(refused.Message.Split('\n')), StringComparison.Ordinal);

        Assert.True(operations["set-receiving"]![0]!.AsObject().Remove("unsure"));
        JsonObject words = operations["get-update-status"]![0]!["words"]!["state"]!.AsObject();
        words["BOOT"] = "restarting";
        words["READY"] = "completed";
        foreach (string missing in (string[])["get-current-user", "flush-queue", "start-integrity-check"])
        {
            operations[missing] = new JsonArray(new JsonObject { ["missing"] = true });
        }

        operations["list-queue"] = new JsonArray(new JsonObject { ["missing"] = true });
        await File.WriteAllTextAsync(PathOf("dialect.json"), dialect.ToJsonString());
        VirtualRig rig = new(2) { PackageFile = PathOf("update.zip"), Dialect = PathOf("dialect.json") };
        UpgradeReport report = rig.Upgrade();

        Assert.True(report.End == UpgradeEnd.Completed, report.Reason);
        Assert.All(rig.Cluster.World.Nodes, node => Assert.Equal(rig.Cluster.Package.To, node.Build));
        Assert.Empty(rig.Cluster.GetViolations());
        Assert.Empty(rig.Cluster.GetMail().Lost);
        Assert.Equal(2, rig.Effects("install-started").Count());
    }

    private KsmgOptions Options() => new() { Dialect = PathOf("dialect.json"), AnswerLanguage = new JmesPathLanguage() };

    private static void Golden(string name, string text)
    {
        string path = Repository.PathOf("tests", "Ksmg.Sdk.Tests", "Golden", name);
        if (Environment.GetEnvironmentVariable("KSMG_ACCEPT_GOLDEN") == "1")
        {
            File.WriteAllText(path, text);
        }

        Assert.True(File.Exists(path), $"{path} is missing; KSMG_ACCEPT_GOLDEN=1 writes it.");
        Assert.Equal(File.ReadAllText(path), text);
    }

    private string PathOf(string name) => Path.Combine(_folder.FullName, name);
}
