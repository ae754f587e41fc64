using System.Globalization;
using Ksmg.Sdk.Tests.Support;
using Ksmg.Sdk.Upgrades;

namespace Ksmg.Sdk.Tests.Upgrades.Steps;

/// <summary>What proves that a request that may arrive late finds nothing to install, asked directly; and what proves nothing. Of gw3.</summary>
public sealed class UploadFenceTests
{
    private const string Upload = "S7/gw3/0";
    private const string Install = "S8/gw3/0";

    private readonly List<string> _calls = [];

    /// <summary>The upload, and those that its uploader began anew after a cut connection: they carry its id and a number.</summary>
    [Fact]
    public async Task What_the_attempt_brought_is_deleted_and_seen_to_be_gone()
    {
        CalledNode node = Node("up-1", "up-1-2", "up-10", "another");
        Assert.Equal((Marks.Gone, Message.Of("fence.deleted", "up-1")), await TryAsync(node, Install));
        Assert.Equal(["gw3: delete up-1", "gw3: delete up-1-2"], _calls);
        Assert.Equal(["up-10", "another"], node.Uploads!.Select(u => u.Id));
    }

    [Fact]
    public async Task What_is_not_there_needs_no_deletion()
    {
        CalledNode node = new("gw3", _calls) { Uploads = [], Delete = _ => false };
        Assert.Equal((Marks.Gone, Message.Of("fence.not-there", "up-1")), await TryAsync(node, Upload));

        // One that was begun anew counts alone, too.
        CalledNode again = new("gw3", _calls) { Uploads = [Held("up-1-2")], Delete = id => id == "up-1-2" };
        Assert.Equal((Marks.Gone, Message.Of("fence.deleted", "up-1")), await TryAsync(again, Upload));
    }

    [Fact]
    public async Task What_is_still_there_proves_nothing()
    {
        CalledNode node = new("gw3", _calls) { Uploads = [Held("up-1"), Held("up-1-2")], Delete = _ => false };
        Assert.Equal((null, Message.Of("fence.still-there", "up-1, up-1-2")), await TryAsync(node, Install));
    }

    /// <summary>The node's word on the deletion has to do where it does not tell what it holds.</summary>
    [Fact]
    public async Task Where_nothing_is_listed_all_that_the_uploader_may_have_begun_is_deleted()
    {
        UploadWay unlisted = UploadWay.Observed with { Lists = false };
        CalledNode node = new("gw3", _calls) { Way = unlisted, Delete = id => id == PackageUploader.IdOf("up-1", 3) };
        Assert.Equal((Marks.Gone, Message.Of("fence.deleted-unseen", "up-1")), await TryAsync(node, Upload));
        string[] ids = ["up-1", PackageUploader.IdOf("up-1", 2), PackageUploader.IdOf("up-1", 3)];
        Assert.Equal(ids.Select(id => $"gw3: delete {id}"), _calls);

        CalledNode two = new("gw3", _calls) { Way = unlisted, Delete = id => id != PackageUploader.IdOf("up-1", 3) };
        Assert.Equal((Marks.Gone, Message.Of("fence.deleted-unseen", "up-1")), await TryAsync(two, Upload));

        _calls.Clear();
        CalledNode none = new("gw3", _calls) { Way = unlisted, Delete = _ => false };
        Assert.Equal((Marks.Gone, Message.Of("fence.not-there", "up-1")), await TryAsync(none, Install));
        Assert.Equal(["gw3: delete up-1"], _calls);
        CalledNode first = new("gw3", _calls) { Way = unlisted, Delete = id => id == "up-1" };
        Assert.Equal((Marks.Gone, Message.Of("fence.deleted-unseen", "up-1")), await TryAsync(first, Upload));
    }

    /// <summary>Our id means nothing to a node that names uploads: what came since under a name that nobody read is deleted.</summary>
    [Fact]
    public async Task On_a_node_that_names_uploads_what_came_since_is_deleted()
    {
        CalledNode node = Node("5", "7");
        (string?, Message) proof = await TryAsync(node, Upload, values: [("namedBy", "node"), ("before", "5")]);
        Assert.Equal((Marks.Gone, Message.Of("fence.deleted", "up-1")), proof);
        Assert.Equal(["gw3: delete 7"], _calls);
    }

    /// <summary>Then it counts like any other call: it cannot arrive any more once its hard limit is over.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task An_upload_that_nobody_knows_and_nobody_can_ask_for_is_outwaited(bool isOutwaited)
    {
        CalledNode node = new("gw3", _calls) { Way = UploadWay.Observed with { Lists = false } };
        (string? proof, Message text) = await TryAsync(node, Upload, isOutwaited, ("namedBy", "node"));
        Message said = isOutwaited ? Message.Of("fence.outwaited", "up-1") : Message.Said("No such call.");
        Assert.Equal((isOutwaited ? Marks.Outwaited : null, said), (proof, text));
        Assert.Empty(_calls);
    }

    /// <summary>That the node is installing the upload is the only refusal that proves anything: then the request has arrived.</summary>
    [Theory]
    [InlineData("busy", true, Marks.Arrived)]
    [InlineData("busy", false, null)]
    [InlineData("notAllowed", true, null)]
    [InlineData(null, true, null)]
    public async Task Only_a_node_that_is_busy_with_it_proves_that_the_request_has_arrived(string? code, bool hadNoEffect, string? proof)
    {
        CalledNode node = new("gw3", _calls)
        {
            Uploads = [],
            Delete = _ => throw new KsmgApiException("No.") { Operation = "delete-update", Code = code, HadNoEffect = hadNoEffect },
        };
        Message said = proof is null ? Message.Said("No.") : Message.Of("fence.busy", "up-1");
        Assert.Equal((proof, said), await TryAsync(node, Install, isOutwaited: true));
    }

    /// <summary>What stands in a journal stands there in one language, whoever drives the run: that of the invariant culture.</summary>
    [Fact]
    public async Task What_is_in_the_way_is_written_down_in_English()
    {
        CalledNode node = new("gw3", _calls)
        {
            Uploads = [],
            Delete = _ => throw new KsmgException(CultureInfo.CurrentUICulture.TwoLetterISOLanguageName),
        };
        CultureInfo.CurrentUICulture = CultureInfo.GetCultureInfo("de");
        Assert.Equal((null, Message.Said(CultureInfo.InvariantCulture.TwoLetterISOLanguageName)), await TryAsync(node, Install));
    }

    /// <summary>Whether people are told that it is deleted, or that it is outwaited.</summary>
    [Theory]
    [InlineData(Upload, true, true, false, "wait.fence")]
    [InlineData(Upload, false, true, false, "wait.outwait")]
    [InlineData(Upload, true, false, false, "wait.fence")]
    [InlineData(Upload, true, false, true, "wait.outwait")]
    [InlineData(Upload, true, true, true, "wait.fence")]
    [InlineData(Install, true, false, true, "wait.fence")]
    public void What_is_waited_for_is_told(string step, bool deletes, bool lists, bool named, string key)
    {
        CutRun run = new($"before {step[..^2]}");
        run.Intend(step, named ? [(Marks.Upload, "up-1"), ("namedBy", "node")] : [(Marks.Upload, "up-1")]);
        run["gw3"] = run["gw3"] with { UploadWay = UploadWay.Observed with { Deletes = deletes, Lists = lists } };
        Assert.Equal(key, Assert.IsType<Verdict.Wait>(StepJudge.Fence(run.Input, run.Step(step))).Reason.Key);
    }

    private static UploadedUpdate Held(string id)
    {
        PlannedPackage package = new CutRun("before S7/gw3").Plan.Packages[0];
        return new UploadedUpdate { Id = id, FileName = package.Name, SizeBytes = package.SizeBytes };
    }

    private static Task<(string? Proof, Message Text)> TryAsync(
        CalledNode node, string step, bool isOutwaited = false, params (string Name, string Value)[] values)
    {
        CutRun run = new("before S7/gw3");
        run.Intend(step, [(Marks.Upload, "up-1"), .. values]);
        return UploadFence.TryAsync(node, run.Plan, run.Step(step), run.Input.Run[StepKey.Parse(step)], isOutwaited, CancellationToken.None);
    }

    private CalledNode Node(params string[] uploads) => new("gw3", _calls) { Uploads = [.. uploads.Select(Held)] };
}
