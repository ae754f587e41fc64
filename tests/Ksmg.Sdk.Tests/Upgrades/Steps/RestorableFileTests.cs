using Ksmg.Sdk.Upgrades;

namespace Ksmg.Sdk.Tests;

/// <summary>What becomes of a saved configuration file: content, owner and mode count alike.</summary>
public sealed class RestorableFileTests
{
    private static readonly string Ours = new('a', 64);
    private static readonly string Shipped = new('b', 64);

    [Theory]
    [InlineData("0640", "root:root", 'a', nameof(RestoreAction.Nothing))]
    [InlineData("0644", "root:root", 'a', nameof(RestoreAction.Write))]
    [InlineData("0600", "root:root", 'a', nameof(RestoreAction.Write))]
    [InlineData("0640", "postfix:root", 'a', nameof(RestoreAction.Write))]
    [InlineData("0640", "root:postfix", 'a', nameof(RestoreAction.Write))]
    [InlineData("0640", "root:root", 'b', nameof(RestoreAction.Write))]
    public void A_file_is_as_it_was_when_content_mode_and_owner_are(string mode, string owner, char content, string action)
    {
        ConfigurationFile saved = new() { Path = "/etc/postfix/main.cf", Mode = "0640", Owner = "root:root", Sha256 = Ours, SizeBytes = 1 };
        ConfigurationFile now = saved with { Mode = mode, Owner = owner, Sha256 = new string(content, 64) };

        Assert.Equal(action, new RestorableFile(saved, now, Shipped, Shipped).Action.ToString());
    }

    /// <summary>a: as saved; b and c: as the builds ship it; -: nobody knows, or not there.</summary>
    [Theory]
    [InlineData('a', 'a', 'b', 'b', nameof(RestoreAction.Nothing))]
    [InlineData('a', 'b', 'b', 'b', nameof(RestoreAction.Write))]
    [InlineData('a', '-', 'b', 'b', nameof(RestoreAction.Write))]
    [InlineData('a', 'c', 'b', 'c', nameof(RestoreAction.Conflict))]
    [InlineData('a', 'a', 'b', 'c', nameof(RestoreAction.Conflict))]
    [InlineData('a', 'a', 'b', 'a', nameof(RestoreAction.Nothing))]
    [InlineData('a', 'a', 'b', '-', nameof(RestoreAction.Nothing))]
    [InlineData('a', 'a', '-', 'c', nameof(RestoreAction.Nothing))]
    [InlineData('a', '-', 'b', '-', nameof(RestoreAction.Conflict))]
    [InlineData('a', 'c', '-', 'c', nameof(RestoreAction.Conflict))]
    [InlineData('a', 'c', '-', '-', nameof(RestoreAction.Conflict))]
    [InlineData('b', 'c', 'b', 'c', nameof(RestoreAction.Nothing))]
    public void A_change_by_the_vendor_theretold_even_where_the_update_left_the_file_alone(char saved, char now, char before, char after, string action)
    {
        ConfigurationFile file = new() { Path = "/etc/postfix/main.cf", Mode = "0640", Owner = "root:root", Sha256 = Digest(saved)! };
        Assert.Equal(
            action,
            new RestorableFile(file, Digest(now) is { } there ? file with { Sha256 = there } : null, Digest(before), Digest(after)).Action.ToString());

        static string? Digest(char content) => content == '-' ? null : new string(content, 64);
    }
}
