using System.Text.Json.Nodes;
using Ksmg.Sdk.Dialects;
using Ksmg.Sdk.Tests.Support;
using Ksmg.Sdk.Upgrades;
using Ksmg.Simulator;

namespace Ksmg.Sdk.Tests.Dialects;

/// <summary>What a recording of somebody who brings updates in tells of pieces, of what answers tell for later, and of uploads that install.</summary>
public sealed class DraftedUploadTests : IDisposable
{
    private readonly Dictionary<string, UploadFrontState> _fronts = [];
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("ksmg-drafted-");

    public void Dispose() => _folder.Delete(recursive: true);

    /// <summary>The front's dialect, what is drafted of it, and which operations a person has to look at.</summary>
    public static TheoryData<string, string, string> Ways { get; } = new()
    {
        {
            UploadFront.Dialect,
            """
            "upload-update": [ { "method": "POST", "path": "/web/api/import", "form": { "title": "{fileName}", "archive": "{file}" },
              "partType": "application/x-ktgz", "upload": { "id": "answer" }, "provenance": "observed" } ],
            "start-update": [ { "method": "POST", "path": "/web/api/install", "body": { "import": "{id}" }, "keep": { "job": "data.job" },
              "provenance": "observed" } ],
            "get-update-status": [ { "method": "GET", "path": "/web/api/job", "query": { "number": "{job}" }, "provenance": "observed" } ]
            """,
            ""
        },
        {
            UploadFront.InPieces,
            """
            "upload-update": [ { "method": "PUT", "path": "/web/api/pieces/{ticket}/{number}",
              "query": { "from": "{offset}", "of": "{count}", "bytes": "{pieceBytes}" }, "content": "{file}",
              "upload": {
                "pieceBytes": 20000,
                "begin": { "method": "POST", "path": "/web/api/pieces", "body": { "name": "{fileName}", "size": "{sizeBytes}" },
                  "answer": "@", "keep": { "ticket": "data.ticket" } },
                "commit": { "method": "POST", "path": "/web/api/pieces/{ticket}/commit" },
                "id": "answer" },
              "answer": "@", "provenance": "observed" } ]
            """,
            ""
        },
        {
            UploadFront.InTiedPieces,
            """
            "upload-update": [ { "method": "POST", "path": "/web/api/tied",
              "form": { "name": "{fileName}", "size": "{sizeBytes}", "ticket": "{ticket}", "at": "{offset}", "n": "{index}", "blob": "{file}" },
              "upload": { "pieceBytes": 20000, "id": "answer" }, "keep": { "ticket": "data.ticket" }, "provenance": "observed" } ]
            """,
            ""
        },
        {
            UploadFront.Installing,
            """
            "upload-update": [ { "method": "POST", "path": "/web/api/apply", "query": { "name": "{fileName}" }, "content": "{file}",
              "upload": { "install": "with-upload", "id": "answer" }, "provenance": "observed" } ],
            "list-updates": [ { "method": "GET", "path": "/web/api/imports", "query": {}, "provenance": "observed" } ],
            "get-update-status": [ { "method": "GET", "path": "/web/api/job", "query": { "number": "41" }, "provenance": "observed" } ]
            """,
            "upload-update"
        },
    };

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task What_somebody_did_by_hand_is_drafted_and_drives_an_upgrade(string spoken, string expected, string unsure)
    {
        (HarBuilder har, string password) = await UploadRecording.CreateAsync(_folder.FullName, spoken);
        DialectDraft draft = await DialectDraft.ReadAsync(har.ToStream());
        JsonObject dialect = JsonNode.Parse(draft.Json)!.AsObject();
        JsonObject operations = dialect["operations"]!.AsObject();
        await File.WriteAllTextAsync(PathOf("drafted.json"), draft.Json);

        Assert.Equal(unsure, string.Join(' ', draft.Operations.Where(o => o.State == DraftedState.Unsure).Select(o => o.Operation)));
        Assert.DoesNotContain(password, draft.Json + string.Concat(draft.Operations), StringComparison.Ordinal);
        if (unsure.Length > 0)
        {
            Assert.Contains(":unsure: ", Assert.Throws<FormatException>(() => OperationCatalogue.Of(Options())).Message, StringComparison.Ordinal);
            operations[unsure]![0]!.AsObject().Remove("unsure");
        }

        foreach ((string operation, JsonNode? entry) in JsonNode.Parse($"{{ {expected} }}")!.AsObject())
        {
            Assert.True(JsonNode.DeepEquals(entry, operations[operation]), $"{operation}: {operations[operation]?.ToJsonString()}");
        }

        await File.WriteAllTextAsync(PathOf("drafted.json"), dialect.ToJsonString());
        _ = OperationCatalogue.Of(Options());
        VirtualRig rig = new(
            2,
            VirtualRig.FastPolicy(2) with { Accept = [UpgradeConsents.InterruptsMail] },
            new SimulatedClusterOptions { UploadNaming = UploadNaming.Numbered, PackageBytes = 1 << 16 })
        {
            PackageFile = PathOf("update.zip"),
            Dialect = PathOf("drafted.json"),
            Front = (name, node) => new UploadFront(node, _fronts.TryGetValue(name, out UploadFrontState? state) ? state : _fronts[name] = new()),
        };
        UpgradeReport report = rig.Upgrade();
        Assert.True(report.End == UpgradeEnd.Completed, report.Reason + "\n" + rig.Story(report.RunId));
        rig.AssertNoViolation();
        Assert.Empty(rig.Cluster.GetMail().Lost);
        Assert.Equal(2, rig.Effects("install-started").Count());
    }

    private KsmgOptions Options() => new() { Dialect = PathOf("drafted.json"), AnswerLanguage = new JmesPathLanguage() };

    private string PathOf(string name) => Path.Combine(_folder.FullName, name);
}
