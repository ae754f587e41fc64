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
}
