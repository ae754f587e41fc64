using System.Text;
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

    [Fact]
    public async Task A_recording_beyond_any_session_is_refused_before_it_fills_the_memory()
    {
        await using FileStream large = new(PathOf("large.har"), FileMode.CreateNew);
        large.SetLength((256L << 20) + 1);
        FormatException tooLarge = await Assert.ThrowsAsync<FormatException>(() => DialectDraft.ReadAsync(large));
        Assert.Contains("256", tooLarge.Message, StringComparison.Ordinal);

        string entries = string.Join(',', Enumerable.Repeat("{}", 50_001));
        FormatException tooMany = await Assert.ThrowsAsync<FormatException>(
            () => DialectDraft.ReadAsync(new MemoryStream(Encoding.UTF8.GetBytes($"{{\"log\":{{\"entries\":[{entries}]}}}}"))));
        Assert.Contains("50000", tooMany.Message, StringComparison.Ordinal);
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

    /// <summary>Wherever a secret or a person stands, it does not reach the dialect, the table or the refusal.</summary>
    [Theory]
    [InlineData("/web/api/set-receiving?password=Canary-1", """{"node":"10.0.0.2:9045","enabled":false}""")]
    [InlineData("/web/api/set-receiving/Canary-1a2b3c4d5e6f7a8b9c", """{"enabled":false}""")]
    [InlineData("/web/api/set-receiving", """{"enabled":false,"sessionToken":"Canary-1"}""")]
    [InlineData("/web/api/set-receiving", """{"enabled":false,"by":"canary-1@example.org"}""")]
    [InlineData("/web/api/set-receiving", """{"enabled":false,"Canary-1 x@example.org":1}""")]
    [InlineData("/web/api/set-receiving", """{"enabled":false,"text":"Canary-1-cookie"}""")]
    [InlineData("/web/api/set-receiving", """{"enabled":false,"list":["Canary-1-cookie"]}""")]
    [InlineData("/web/api/set-receiving", """{"enabled":false,"admin":{"userName":"canary-1"}}""")]
    [InlineData("/web/api/set-receiving?by=Canary-1%40example.org", """{"enabled":false}""")]
    public async Task A_secret_or_a_person_is_never_written(string path, string body)
    {
        HarBuilder har = HarBuilder.Day().Add("POST", path, body, """{"data":{"success":true}}""", headers: ("Cookie", "other=Canary-1-cookie"));
        DialectDraft draft = await DialectDraft.ReadAsync(har.ToStream());
        string all = draft.Json + string.Concat(draft.Operations);
        Assert.DoesNotContain("canary-1", all, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("a2b3c4d5", all, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("Day-Password", all, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("who=root&password=Canary%37a&more=1", "Canary7a")]
    [InlineData("userName=Canary7&password=x", "canary7")]
    public async Task A_secret_or_a_person_is_known_from_a_form_too(string form, string value)
    {
        const string type = "application/x-www-form-urlencoded; charset=UTF-8";
        string told = System.Text.Json.JsonSerializer.Serialize(value);
        HarBuilder har = HarBuilder.Day()
            .Add("POST", "/web/api/user-login", form, """{"data":{"success":true}}""", type: type)
            .Add("POST", "/web/api/set-receiving", $$"""{"enabled":false,"by":{{told}}}""", """{"data":{"success":true}}""");
        DialectDraft draft = await DialectDraft.ReadAsync(har.ToStream());
        Assert.DoesNotContain("canary", draft.Json + string.Concat(draft.Operations), StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task What_would_change_something_else_is_unsure_and_what_is_as_shipped_is_left_out()
    {
        HarBuilder har = HarBuilder.Day()
            .Add(
                "POST",
                "/web/api/update-host-flow",
                """{"host":{"node":"10.0.0.2:9045"},"inbound":false,"outbound":true,"restart":true}""",
                """{"data":{"success":true}}""")
            .Add("GET", "/web/api/get-receive-send-settings?node=10.0.0.2%3A9045", null, """{"data":{"receiving":false,"sending":true}}""");
        DialectDraft draft = await DialectDraft.ReadAsync(har.ToStream());

        DraftedOperation receiving = draft.Operations.Single(o => o.Operation == "set-receiving");
        Assert.Equal((DraftedState.Unsure, "POST /web/api/update-host-flow"), (receiving.State, receiving.Call));
        Assert.Contains("receiving was on before and off after", receiving.Why, StringComparison.Ordinal);
        Assert.Contains("'restart' was true", receiving.ToDo, StringComparison.Ordinal);
        Assert.Contains("'outbound' is the other switch", receiving.ToDo, StringComparison.Ordinal);
        Assert.Equal(
            """{"host":{"node":"{node}"},"inbound":"{receiving}","outbound":"{sending}","restart":true}""",
            Entry(draft, "set-receiving")["body"]!.ToJsonString());
        Assert.All(
            (string[])["get-auth-info", "user-login", "list-nodes", "get-mail-flow"],
            shipped => Assert.Equal(DraftedState.AsShipped, draft.Operations.Single(o => o.Operation == shipped).State));
        Assert.Equal(["set-receiving"], JsonNode.Parse(draft.Json)!["operations"]!.AsObject().Select(o => o.Key));
        Assert.Equal(DraftedState.NotRecorded, draft.Operations.Single(o => o.Operation == "start-update").State);
    }

    [Theory]
    [InlineData("", "This is no HAR")]
    [InlineData("no JSON", "This is no HAR")]
    [InlineData("[]", "This is no HAR")]
    [InlineData("""{"log":{"entries":{}}}""", "This is no HAR")]
    [InlineData("""{"log":{"entries":[{"request":1},7]}}""", "This is no HAR")]
    [InlineData("""{"log":{"entries":[{"request":""", "This is no HAR")]
    [InlineData("""{"log":{"entries":[]}}""", "no host was asked get-auth-info")]
    [InlineData("""{"log":{"entries":[{"request":{"method":"GET","url":"https://a/web/api/get-about"},"response":{"status":200}}]}}""", "no host was asked")]
    [InlineData(
        """{"log":{"entries":[{"request":{"method":"GET","url":"https://a/web/api/get-auth-info"},"response":{"status":200}}]}}""",
        "Nothing is recognised")]
    public async Task What_is_no_recording_of_an_appliance_is_refused_with_one_line(string har, string message)
    {
        await File.WriteAllTextAsync(PathOf("bad.har"), har);
        CliAnswer answer = await CliFixture.RunAsync("dialect", "draft", "--har", PathOf("bad.har"), "--out", PathOf("bad.json"));
        Assert.Equal(5, answer.ExitCode);
        Assert.Contains(message, answer.Line, StringComparison.Ordinal);
        Assert.False(File.Exists(PathOf("bad.json")));
    }

    [Fact]
    public async Task A_file_that_is_there_is_left_alone_and_one_that_is_not_is_named()
    {
        await File.WriteAllTextAsync(PathOf("dialect.json"), "mine");
        await File.WriteAllTextAsync(PathOf("day.har"), HarBuilder.Day().ToString());
        CliAnswer there = await CliFixture.RunAsync("dialect", "draft", "--har", PathOf("day.har"), "--out", PathOf("dialect.json"));
        CliAnswer missing = await CliFixture.RunAsync("dialect", "draft", "--har", PathOf("no.har"), "--out", PathOf("new.json"));

        Assert.Equal((5, 5), (there.ExitCode, missing.ExitCode));
        Assert.Contains("is left alone", there.Line, StringComparison.Ordinal);
        Assert.Contains("no.har", missing.Line, StringComparison.Ordinal);
        Assert.Equal("mine", await File.ReadAllTextAsync(PathOf("dialect.json")));
    }

    private static JsonObject Entry(DialectDraft draft, string operation) => JsonNode.Parse(draft.Json)!["operations"]![operation]![0]!.AsObject();

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
