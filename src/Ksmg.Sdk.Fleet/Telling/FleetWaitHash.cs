using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Ksmg.Sdk.Upgrades;

namespace Ksmg.Sdk.Fleet;

/// <summary>What somebody looked at who approves: a short hash of what is waited for, another one as soon as that is something else.</summary>
internal static class FleetWaitHash
{
    private const int Digits = 16;

    /// <summary>Of what the fleet as a whole waits for people for.</summary>
    public static string Of(FleetWait wait)
    {
        string reason = JsonSerializer.Serialize(wait.Reason, MessageJson.Default.Message);
        return Hash(wait.Counted is { } counted ? $"{reason}\n{counted}" : reason);
    }

    /// <summary>Of how the run of a cluster stands or ended; <see langword="null"/>: it does neither.</summary>
    public static string? Of(ClusterState cluster) => cluster is { Phase: ClusterPhase.Standing or ClusterPhase.Over, RunId: { } run }
        ? Hash($"{run}\n{cluster.End}\n{(cluster.Reason is { } reason ? JsonSerializer.Serialize(reason, MessageJson.Default.Message) : string.Empty)}")
        : null;

    private static string Hash(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)))[..Digits];
}
