namespace Ksmg.Sdk.Upgrades;

/// <summary>The list of the configuration files saved of a node; written last and once.</summary>
internal sealed record ConfigurationManifest
{
    public required string Node { get; init; }

    public required BuildNumber Build { get; init; }

    public required DateTimeOffset SavedAt { get; init; }

    public required IReadOnlyList<ConfigurationFile> Files { get; init; }

    /// <summary>
    /// SHA-256 of the files as the build ships them, by path, as far as it was known while the build was still installed: a package
    /// database speaks of nothing else.
    /// </summary>
    public IReadOnlyDictionary<string, string>? Shipped { get; init; }

    public static string FileName(string node) => $"configuration/{node}/manifest.json";

    /// <summary>Where it stands what a human has to carry over by hand.</summary>
    public static string ConflictsName(string node) => $"configuration/{node}/conflicts.diff";

    /// <summary>Where the content of a file is kept: by digest, so that a path never becomes a file name of ours.</summary>
    public static string ContentName(string node, string sha256) => $"configuration/{node}/{sha256}";
}

/// <summary>A saved file held against what the node has now and what the builds ship.</summary>
internal sealed record RestorableFile(ConfigurationFile Saved, ConfigurationFile? Now, string? ShippedBefore, string? ShippedNow)
{
    public RestoreAction Action
    {
        get
        {
            if (Saved.LinkTarget is not null || Now?.LinkTarget is not null)
            {
                return Saved.LinkTarget == Now?.LinkTarget ? RestoreAction.Nothing : RestoreAction.Conflict;
            }

            if (Same(Saved.Sha256, ShippedBefore))
            {
                return RestoreAction.Nothing;
            }

            if (IsThere)
            {
                return IsChangedByVendor && !Same(Saved.Sha256, ShippedNow) ? RestoreAction.Conflict : RestoreAction.Nothing;
            }

            return ShippedBefore is not null && Same(ShippedBefore, ShippedNow) ? RestoreAction.Write : RestoreAction.Conflict;
        }
    }

    /// <summary>Whether the node has the file as it was saved.</summary>
    public bool IsThere => Same(Now?.Sha256, Saved.Sha256) && Now!.Mode == Saved.Mode && Now.Owner == Saved.Owner;

    /// <summary>Whether the node has the file as the new build ships it.</summary>
    public bool IsAsShipped => Now is { LinkTarget: null } && Same(Now.Sha256, ShippedNow);

    /// <summary>Whether both builds are known to ship the file, each another one.</summary>
    public bool IsChangedByVendor => ShippedBefore is not null && ShippedNow is not null && !Same(ShippedBefore, ShippedNow);

    private static bool Same(string? left, string? right) => string.Equals(left, right, StringComparison.OrdinalIgnoreCase);
}

/// <summary>What becomes of a saved file after the update.</summary>
internal enum RestoreAction
{
    /// <summary>The node has it and nothing newer is known, or it was never changed by hand.</summary>
    Nothing,

    /// <summary>The new build ships the same base: the hand-made change is written back.</summary>
    Write,

    /// <summary>The base changed, even where the update left the file alone, or nobody knows it: reported, never overwritten.</summary>
    Conflict,
}
