using System.Text;

namespace Ksmg.Sdk.Upgrades;

/// <summary>
/// What a person needs who carries a change over by hand: what was changed by hand and, where it is known, what the vendor changed. In
/// English, since it is saved with the run once for all readers. Every byte of a file stands for a letter, so that any encoding comes through.
/// </summary>
internal static class ConfigurationDifference
{
    public static async Task<string> DescribeAsync(EffectContext e, RestorableFile file, CancellationToken cancellationToken)
    {
        string path = Name(file.Saved.Path);
        if (file.Saved.LinkTarget is not null || file.Now?.LinkTarget is not null)
        {
            return $"--- {path}\n+++ {path} (saved)\n{Name(Message.Of("difference.links", Kind(file.Now), Kind(file.Saved)).English)}\n";
        }

        IConfigurationFiles port = e.World.Ports.Configuration!;
        BuildNumber from = e.PlannedNode.Build;
        BuildNumber to = e.Plan.To;
        ReadOnlyMemory<byte> saved = await SavedAsync(e, file, cancellationToken).ConfigureAwait(false);
        ReadOnlyMemory<byte>? now = null;
        if (file.Now is not null)
        {
            now = await port.ReadAsync(e.NodeName, file.Saved.Path, cancellationToken).ConfigureAwait(false);
        }

        ReadOnlyMemory<byte>? before = await port.ReadPristineAsync(e.NodeName, file.Saved.Path, from, cancellationToken).ConfigureAwait(false);
        ReadOnlyMemory<byte>? after = file.IsAsShipped
            ? now
            : await port.ReadPristineAsync(e.NodeName, file.Saved.Path, to, cancellationToken).ConfigureAwait(false);

        StringBuilder text = new();
        text.Append("# ").Append(Name(Message.Of(Heading(file, before is not null), file.Saved.Path, from, to).English)).Append('\n');
        if (file.IsChangedByVendor && before is { } old && after is { } vendors)
        {
            text.Append(UnifiedDiff.Of($"{path} ({from})", old.Span, $"{path} ({to})", vendors.Span));
        }

        // Against what the build before shipped the difference is what was changed by hand, and nothing else.
        return text.Append(before is { } shipped
            ? UnifiedDiff.Of($"{path} ({from})", shipped.Span, $"{path} (saved)", saved.Span)
            : UnifiedDiff.Of(now is null ? "/dev/null" : path, (now ?? default).Span, $"{path} (saved)", saved.Span)).ToString();
    }

    /// <summary>The content that was saved before the update.</summary>
    public static async Task<ReadOnlyMemory<byte>> SavedAsync(EffectContext e, RestorableFile file, CancellationToken cancellationToken) =>
        await e.Journal.ReadFileAsync(
            e.Plan.RunId, ConfigurationManifest.ContentName(e.NodeName, file.Saved.Sha256.ToLowerInvariant()), cancellationToken).ConfigureAwait(false)
        ?? throw new UpgradeException(Words.Get("error.saved-file-missing", e.NodeName, file.Saved.Path)) { Node = e.NodeName, Step = e.Step.Id };

    private static string Heading(RestorableFile file, bool isBaseAtHand) => file switch
    {
        { IsChangedByVendor: false } => "difference.base-unknown",
        { IsThere: true } => "difference.kept",
        _ when isBaseAtHand => "difference.both",
        _ => "difference.both-in-one",
    };

    private static Message Kind(ConfigurationFile? file) => file switch
    {
        null => Message.Of("difference.missing"),
        { LinkTarget: { } target } => Message.Of("difference.link", target),
        _ => Message.Of("difference.file"),
    };

    private static string Name(string text) => Encoding.Latin1.GetString(Encoding.UTF8.GetBytes(Printable.Line(text)));
}
