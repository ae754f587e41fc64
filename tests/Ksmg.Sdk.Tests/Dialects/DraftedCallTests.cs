using System.Globalization;
using System.Text.Json.Nodes;
using Ksmg.Sdk.Dialects;

namespace Ksmg.Sdk.Tests.Dialects;

/// <summary>Calls that hang together, as a recording shows them: what is certain is drafted, and what is not is asked.</summary>
public sealed class DraftedCallTests : IDisposable
{
    private const string Done = """{"data":{"success":true}}""";
    private const string Begun = """{"data":{"handle":"h-70417"}}""";
    private const string Stored = """{"data":{"id":"u-1","fileName":"update.ktgz","sizeBytes":50000,"complete":true}}""";
    private const string Uploads = """{"data":{"packages":[{"id":"u-1","fileName":"update.ktgz","sizeBytes":50000,"receivedBytes":50000,"complete":true}]}}""";

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("ksmg-calls-");

    public void Dispose() => _folder.Delete(recursive: true);

    /// <summary>What the start tells, where it stands, what the status asks with; and what is drafted of it.</summary>
    [Theory]
    [InlineData("""{"taskId":"tk-81f3c2"}""", "?task=tk-81f3c2", """{"taskId":"data.taskId"}""", """{"task":"{taskId}"}""", null)]
    [InlineData("""{"taskId":100417}""", "?task=100417", """{"taskId":"data.taskId"}""", """{"task":"{taskId}"}""", null)]
    [InlineData("""{"job":{"id":"1f0c9a4e7b2d8c6a"}}""", "?id=1f0c9a4e7b2d8c6a", """{"jobId":"data.job.id"}""", """{"id":"{jobId}"}""", null)]
    [InlineData("""{"task":7}""", "?task=7", """{"task":"data.task"}""", """{"task":"{task}"}""", "'task' may be what start-update told at data.task")]
    [InlineData("""{"stage":"begun"}""", "?state=begun", """{"stage":"data.stage"}""", """{"state":"{stage}"}""", "'state' may be what start-update told")]
    [InlineData("""{"ready":true,"left":1}""", "?full=1&all=true", null, """{"full":"1","all":"true"}""", null)]
    [InlineData("""{"taskId":"tk-81f3c2"}""", "?task=tk-other1", null, """{"task":"tk-other1"}""", null)]
    public async Task What_one_answer_tells_and_a_later_call_asks_with_is_kept(string told, string query, string? keep, string asked, string? doubt)
    {
        DialectDraft draft = await DialectDraft.ReadAsync(Installed("{\"data\":" + told + "}", "/web/api/get-task" + query).ToStream());

        Assert.Equal(keep, OfEntry(draft, "start-update")?["keep"]?.ToJsonString());
        Assert.Equal(asked, OfEntry(draft, "get-update-status")!["query"]!.ToJsonString());
        AssertDoubt(doubt, draft, "get-update-status");
        AssertLoads(draft);
    }

    /// <summary>A small number is no more than that, until a second one follows its answer too.</summary>
    [Fact]
    public async Task Two_values_that_follow_their_answers_leave_no_doubt()
    {
        HarBuilder har = Installed("""{"data":{"n":41}}""", "/web/api/get-task?number=41");
        AssertDoubt("Two recordings with different values show it", await DialectDraft.ReadAsync(har.ToStream()), "get-update-status");
        har.Add("POST", "/web/api/run-upgrade", """{"package":"u-1"}""", """{"data":{"n":42}}""")
            .Add("GET", "/web/api/get-task?number=42", null, """{"data":{"state":"installing"}}""");
        DialectDraft draft = await DialectDraft.ReadAsync(har.ToStream());
        AssertDoubt(null, draft, "get-update-status");
        Assert.Equal("""{"number":"{n}"}""", OfEntry(draft, "get-update-status")!["query"]!.ToJsonString());
    }

    [Fact]
    public async Task A_value_that_an_earlier_answer_told_too_is_doubtful()
    {
        HarBuilder har = HarBuilder.Day()
            .Add("GET", "/web/api/get-about", null, """{"data":{"version":"2.0","build":"2.0.1.6960","sourceTree":"tk-81f3c2"}}""");
        DialectDraft draft = await DialectDraft.ReadAsync(Installed("""{"data":{"taskId":"tk-81f3c2"}}""", "/web/api/get-task?task=tk-81f3c2", har).ToStream());
        Assert.Equal(DraftedState.Unsure, draft.Operations.Single(o => o.Operation == "get-update-status").State);
        AssertLoads(draft);
    }

    [Fact]
    public async Task What_only_a_reading_call_tells_may_not_be_there_when_it_is_needed()
    {
        HarBuilder har = HarBuilder.Day()
            .Add("GET", "/web/api/get-receive-send-settings?node=10.0.0.2%3A9045", null, """{"data":{"receiving":true,"sending":true,"revision":"r-100200"}}""")
            .Add("POST", "/web/api/set-receiving", """{"node":"10.0.0.2:9045","enabled":false,"revision":"r-100200"}""", Done);
        DialectDraft draft = await DialectDraft.ReadAsync(har.ToStream());
        Assert.Equal("""{"revision":"data.revision"}""", OfEntry(draft, "get-mail-flow")!["keep"]!.ToJsonString());
        Assert.Equal("{revision}", (string?)OfEntry(draft, "set-receiving")!["body"]!["revision"]);
        AssertDoubt("not every run asks that before", draft, "set-receiving");
        AssertLoads(draft);
    }

    /// <summary>Pieces as pages send them: what is asked for each, between what, and how much is drafted of it.</summary>
    public static TheoryData<string, string, string?> Pieces { get; } = new()
    {
        // Offsets in a query, the browser has left the bodies out.
        { "offset", """{"query":{"at":"{offset}","name":"{fileName}","total":"{sizeBytes}"},"upload":{"pieceBytes":20000,"id":"answer"}}""", null },

        // Numbers alone, and how many there are; the length stands beside them, of the last one too.
        { "number", """{"query":{"chunk":"{number}","chunks":"{count}","chunkSize":"20000"},"upload":{"pieceBytes":20000,"id":"answer"}}""", null },

        // Numbers alone, and nothing that tells a length.
        { "bare", """{"query":{"part":"{index}"},"upload":{"pieceBytes":8388608,"id":"answer"}}""", "nothing tells how long a piece is; 8388608 is assumed" },
        { "uneven", """{"query":{"at":"{offset}"},"upload":{"pieceBytes":20000,"id":"answer"}}""", "the pieces were not of one size (20000, 15000)" },
        { "range", """{"upload":{"id":"answer"}}""", "placed by the header Content-Range, which no dialect can send" },
        { "both", """{"query":{"at":"{offset}"},"upload":{"pieceBytes":20000,"id":"answer"}}""", "does the node do without it?" },
        {
            "around",
            """
            {"query":{"handle":"{handle}","at":"{offset}"},"upload":{"pieceBytes":20000,
              "begin":{"method":"POST","path":"/web/api/open","body":{"file":"{fileName}"},"answer":"@","keep":{"handle":"data.handle"}},
              "commit":{"method":"POST","path":"/web/api/complete-file","body":{"handle":"{handle}"}},"id":"answer"}}
            """,
            null
        },
        {
            "odd end",
            """
            {"query":{"handle":"{handle}","at":"{offset}"},"upload":{"pieceBytes":20000,
              "begin":{"method":"POST","path":"/web/api/open","body":{"file":"{fileName}"},"answer":"@","keep":{"handle":"data.handle"}},
              "commit":{"method":"POST","path":"/web/api/check-in","body":{"handle":"{handle}"}},"id":"answer"}}
            """,
            "POST /web/api/check-in came after each upload and names it"
        },
    };

    [Theory]
    [MemberData(nameof(Pieces))]
    public async Task An_upload_in_pieces_is_drafted_as_far_as_it_can_be_told(string way, string expected, string? doubt)
    {
        HarBuilder har = HarBuilder.Day().Add("GET", "/web/api/list-update-packages", null, Uploads);
        bool isAround = way is "around" or "odd end";
        if (isAround)
        {
            har.Add("POST", "/web/api/open", """{"file":"update.ktgz"}""", Begun);
        }

        int[] offsets = way == "uneven" ? [0, 20000, 35000] : [0, 20000, 40000];
        for (int i = 0; i < offsets.Length; i++)
        {
            string query = way switch
            {
                "offset" => $"?at={offsets[i]}&name=update.ktgz&total=50000",
                "number" => $"?chunk={i + 1}&chunks=3&chunkSize=20000",
                "bare" => $"?part={i}",
                "range" => string.Empty,
                "around" or "odd end" => $"?handle=h-70417&at={offsets[i]}",
                _ => $"?at={offsets[i]}",
            };
            (string, string)[] headers = way is "range" or "both"
                ? [("Content-Range", $"bytes {offsets[i]}-{Math.Min(50000, offsets[i] + 20000) - 1}/50000")] : [];
            string answer = i < 2 || isAround ? """{"data":{}}""" : Stored;
            har.Add("PUT", "/web/api/package" + query, string.Empty, answer, type: "application/octet-stream", headers: headers);
        }

        if (isAround)
        {
            har.Add("POST", way == "around" ? "/web/api/complete-file" : "/web/api/check-in", """{"handle":"h-70417"}""", Stored);
        }

        DialectDraft draft = await DialectDraft.ReadAsync(har.ToStream());
        JsonObject entry = OfEntry(draft, "upload-update")!;
        Assert.Equal(("PUT", "/web/api/package", "{file}"), ((string?)entry["method"], (string?)entry["path"], (string?)entry["content"]));
        foreach ((string member, JsonNode? value) in JsonNode.Parse(expected)!.AsObject())
        {
            Assert.True(JsonNode.DeepEquals(value, entry[member]), entry.ToJsonString());
        }

        AssertDoubt(doubt, draft, "upload-update");
        AssertLoads(draft);
    }

    /// <summary>Some browsers leave out the fields of a form, others all but its length.</summary>
    [Theory]
    [InlineData("multipart/form-data; boundary=x", false)]
    [InlineData("multipart/form-data; boundary=x", true)]
    [InlineData("application/octet-stream", true)]
    public async Task A_body_that_the_browser_left_out_is_a_package_all_the_same(string type, bool isHeader)
    {
        HarBuilder har = HarBuilder.Day().Add("GET", "/web/api/list-update-packages", null, Uploads);
        har.Add(
            "POST", "/web/api/put-package", isHeader ? null : string.Empty, Done, type: type,
            headers: isHeader ? [("Content-Type", type), ("Content-Length", "50140")] : []);
        DialectDraft draft = await DialectDraft.ReadAsync(har.ToStream());
        JsonObject entry = OfEntry(draft, "upload-update")!;
        bool isForm = type[0] == 'm';
        Assert.Equal(isForm ? null : "{file}", (string?)entry["content"]);
        Assert.Equal(isForm, ((string)entry["unsure"]!).Contains("does not hold how the package goes in", StringComparison.Ordinal));
    }

    /// <summary>A package that is started by a call of its own, and one that is only stored, is none that installs.</summary>
    [Theory]
    [InlineData(true, false, true)]
    [InlineData(true, true, false)]
    [InlineData(false, false, false)]
    public async Task An_upload_after_which_an_update_runs_that_nobody_started_may_install(bool changes, bool starts, bool expected)
    {
        HarBuilder har = HarBuilder.Day()
            .Add("GET", "/web/api/get-update-status", null, """{"data":{"state":"idle"}}""")
            .Add("POST", "/web/api/put-package", string.Empty, Stored, type: "application/octet-stream");
        if (starts)
        {
            har.Add("POST", "/web/api/start-update", """{"id":"u-1"}""", Done);
        }

        har.Add("GET", "/web/api/get-update-status", null, changes ? """{"data":{"state":"installing"}}""" : """{"data":{"state":"idle"}}""");
        DialectDraft draft = await DialectDraft.ReadAsync(har.ToStream());

        Assert.Equal(expected, OfEntry(draft, "upload-update")!["upload"]!["install"] is not null);
        AssertDoubt(expected ? "afterwards the node told state: installing: did uploading install?" : null, draft, "upload-update");
        AssertLoads(draft);
    }

    [Fact]
    public async Task A_list_that_tells_of_a_next_page_is_doubtful_until_a_request_asks_for_one()
    {
        const string Page = """{"data":{"messages":[{"id":"q-1","queue":"mta","receivedAt":"2026-01-05T08:00:00Z"}],"next":"50"}}""";
        HarBuilder har = HarBuilder.Day().Add("GET", "/web/api/spool?max=50", null, Page);
        AssertDoubt("""write "{cursor}" where it goes""", await DialectDraft.ReadAsync(har.ToStream()), "list-queue");

        har.Add("GET", "/web/api/spool?max=50&after=50", null, Page.Replace("\"50\"", "null", StringComparison.Ordinal))
            .Add("GET", "/web/api/spool?max=50", null, Page);
        DialectDraft draft = await DialectDraft.ReadAsync(har.ToStream());
        AssertDoubt(null, draft, "list-queue");
        Assert.Equal("""{"max":"{limit}","after":"{cursor}"}""", OfEntry(draft, "list-queue")!["query"]!.ToJsonString());
    }

    /// <summary>The queues that were flushed and listed; the words that are drafted, and the one that nobody has seen.</summary>
    [Theory]
    [InlineData("MTA", null, """{"queue":{"MTA":"mta"}}""", "nobody has seen what 'queue' says for kataQuarantine")]
    [InlineData("mta", null, null, "nobody has seen what 'queue' says for kataQuarantine")]
    [InlineData("MTA,KATA", null, """{"queue":{"MTA":"mta","KATA":"kataQuarantine"}}""", null)]
    [InlineData("MTA", "KATA", """{"queue":{"MTA":"mta","KATA":"kataQuarantine"}}""", null)]
    public async Task A_queue_whose_word_nobody_has_seen_is_doubtful(string flushed, string? listed, string? words, string? doubt)
    {
        HarBuilder har = HarBuilder.Day();
        if (listed is not null)
        {
            har.Add("GET", "/web/api/spool", null, $$"""{"data":{"messages":[{"id":"q-1","queue":"{{listed}}","receivedAt":"2026-01-05T08:00:00Z"}] } }""");
        }

        foreach (string queue in flushed.Split(','))
        {
            har.Add("POST", "/web/api/flush-spool", $$"""{"node":"10.0.0.2:9045","queue":"{{queue}}"}""", Done);
        }

        DialectDraft draft = await DialectDraft.ReadAsync(har.ToStream());
        Assert.Equal(words, OfEntry(draft, "flush-queue")!["words"]?.ToJsonString());
        AssertDoubt(doubt, draft, "flush-queue");
        AssertLoads(draft);
    }

    /// <summary>How sending was told to stand; the words that are drafted, and what is doubtful.</summary>
    [Theory]
    [InlineData("DELIVER", null, """{"DELIVER":true,"UNKNOWN":false}""", "'sending' was only ever DELIVER: is its other word UNKNOWN?")]
    [InlineData("DELIVER", "HOLD", """{"DELIVER":true,"HOLD":false}""", null)]
    [InlineData("YES", null, """{"YES":true,"NO":false}""", "'sending' was only ever YES: is its other word NO?")]
    [InlineData("ON", null, """{"ON":true,"OFF":false}""", null)]
    public async Task A_switch_that_was_only_told_one_way_is_doubtful(string on, string? off, string words, string? doubt)
    {
        HarBuilder har = HarBuilder.Day();
        foreach ((string receiving, string sending) in new[] { ("ON", on), ("OFF", on), ("ON", off ?? on) })
        {
            string told = $$"""{"data":{"receiving":"{{receiving}}","sending":"{{sending}}"} }""";
            har.Add("GET", "/web/api/get-receive-send-settings?node=10.0.0.2%3A9045", null, told);
        }

        DialectDraft draft = await DialectDraft.ReadAsync(har.ToStream());
        Assert.Equal(words, OfEntry(draft, "get-mail-flow")!["words"]!["sending"]!.ToJsonString());
        AssertDoubt(doubt, draft, "get-mail-flow");
    }

    /// <summary>How receiving was turned off, and on again; the words that are drafted, and what is doubtful.</summary>
    [Theory]
    [InlineData("0", "1", """{"enabled":{"0":false,"1":true}}""", null)]
    [InlineData("\"OFF\"", "\"ON\"", """{"enabled":{"OFF":false,"ON":true}}""", null)]
    [InlineData("\"refuse\"", "\"accept\"", """{"enabled":{"refuse":false,"accept":true}}""", null)]
    [InlineData("0", null, """{"enabled":{"0":false,"1":true}}""", "'enabled' was only ever 0: is its other word 1?")]
    [InlineData("\"Disabled\"", null, """{"enabled":{"Disabled":false,"Enabled":true}}""", "'enabled' was only ever Disabled: is its other word Enabled?")]
    [InlineData("\"stop\"", null, """{"enabled":{"stop":false,"UNKNOWN":true}}""", "'enabled' was only ever stop: is its other word UNKNOWN?")]
    [InlineData("\"0\"", "\"1\"", """{"enabled":{"0":false,"1":true}}""", "'words' send a number")]
    [InlineData("false", null, null, null)]
    public async Task A_switch_has_the_words_that_were_seen(string off, string? on, string? words, string? doubt)
    {
        HarBuilder har = HarBuilder.Day();
        foreach (string value in new[] { off, on }.OfType<string>())
        {
            har.Add("POST", "/web/api/turn-receiving", $$"""{"node":"10.0.0.2:9045","enabled":{{value}}}""", Done);
        }

        DialectDraft draft = await DialectDraft.ReadAsync(har.ToStream());
        Assert.Equal(words, OfEntry(draft, "set-receiving")!["words"]?.ToJsonString());
        Assert.Equal("{enabled}", (string?)OfEntry(draft, "set-receiving")!["body"]!["enabled"]);
        AssertDoubt(doubt, draft, "set-receiving");
        AssertLoads(draft);
    }

    /// <summary>What is kept, and what ties pieces, is of the appliance alone: never a secret, never a person.</summary>
    [Theory]
    [InlineData("taskId", "Canary-1-cookie", "task")]
    [InlineData("sessionToken", "Canary-1-token9", "task")]
    [InlineData("taskId", "Canary-1-token9", "sessionToken")]
    [InlineData("owner", "canary-1@example.org", "userName")]
    [InlineData("taskId", "Day-Password-1", "task")]
    [InlineData("Canary-1a2b3c4d5e6f7a8b9c", "tk-81f3c2", "Canary-1a2b3c4d5e6f7a8b9c")]
    public async Task No_secret_and_no_person_gets_into_what_is_kept(string told, string value, string asked)
    {
        string answered = new JsonObject { ["data"] = new JsonObject { [told] = value } }.ToJsonString();
        HarBuilder har = Installed(answered, $"/web/api/get-task?{asked}={value}")
            .Add("POST", "/web/api/open", $$"""{"file":"update.ktgz","{{told}}":"{{value}}"}""", answered);
        foreach (int offset in (int[])[0, 20000, 40000])
        {
            string path = string.Create(CultureInfo.InvariantCulture, $"/web/api/package?{asked}={value}&at={offset}");
            har.Add("PUT", path, string.Empty, Stored, type: "application/octet-stream", headers: ("Cookie", "other=Canary-1-cookie"));
        }

        await File.WriteAllTextAsync(PathOf("day.har"), har.ToString());
        CliAnswer answer = await CliFixture.RunAsync("dialect", "draft", "--har", PathOf("day.har"), "--out", PathOf("dialect.json"));
        Assert.True(answer.ExitCode == 0, answer.Error);
        string all = answer.Output + answer.Error + await File.ReadAllTextAsync(PathOf("dialect.json"));
        Assert.DoesNotContain("canary-1", all, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("Day-Password", all, StringComparison.Ordinal);
        Assert.DoesNotContain("a2b3c4d5", all, StringComparison.Ordinal);
        Assert.DoesNotContain("\"keep\"", all, StringComparison.Ordinal);
    }

    /// <summary>A package is there, is installed, and the node is asked how far it is.</summary>
    private static HarBuilder Installed(string started, string status, HarBuilder? before = null) => (before ?? HarBuilder.Day())
        .Add("GET", "/web/api/list-update-packages", null, Uploads)
        .Add("POST", "/web/api/run-upgrade", """{"package":"u-1"}""", started)
        .Add("GET", status, null, """{"data":{"state":"installing"}}""");

    private static JsonObject? OfEntry(DialectDraft draft, string operation) => JsonNode.Parse(draft.Json)!["operations"]![operation]?[0]!.AsObject();

    private static void AssertDoubt(string? doubt, DialectDraft draft, string operation)
    {
        DraftedOperation row = draft.Operations.Single(o => o.Operation == operation);
        string unsure = (string?)OfEntry(draft, operation)?["unsure"] ?? string.Empty;
        Assert.True(doubt is null ? row.State != DraftedState.Unsure : row.ToDo.Contains(doubt, StringComparison.Ordinal), $"{row.State}: {row.ToDo}");
        Assert.True(doubt is null ? unsure.Length == 0 : unsure.Contains(doubt, StringComparison.Ordinal), unsure);
    }

    /// <summary>What is left when a person has taken every doubt out is a dialect.</summary>
    private void AssertLoads(DialectDraft draft)
    {
        JsonObject dialect = JsonNode.Parse(draft.Json)!.AsObject();
        foreach ((_, JsonNode? entries) in dialect["operations"]!.AsObject())
        {
            entries![0]!.AsObject().Remove("unsure");
        }

        File.WriteAllText(PathOf("drafted.json"), dialect.ToJsonString());
        _ = OperationCatalogue.Of(new KsmgOptions { Dialect = PathOf("drafted.json"), AnswerLanguage = new JmesPathLanguage() });
    }

    private string PathOf(string name) => Path.Combine(_folder.FullName, name);
}
