using System.Text;

namespace Ksmg.Sdk.Infrastructure;

/// <summary>Why ssh cannot use a key. It says nothing of that itself: it offers no key then, and the node refuses a login without one.</summary>
internal static class SshKey
{
    private const string Reader = "ssh-keygen";

    private static readonly string[] _publicHalves =
        ["ssh-", "ecdsa-", "sk-", "---- BEGIN SSH2 PUBLIC KEY", "-----BEGIN PUBLIC KEY", "-----BEGIN RSA PUBLIC KEY"];

    /// <summary>What is wrong with the key and what to do; <see langword="null"/>: nothing, or nobody can tell.</summary>
    public static async Task<string?> FaultAsync(string file, ProcessRunner runner, TimeSpan limit, CancellationToken cancellationToken)
    {
        if (FileBeginning.Read(file) is not { } start)
        {
            return null;
        }

        ProcessResult result;
        try
        {
            // Prints the public half where the private one can be read without a passphrase.
            result = await runner.RunAsync(
                new ProcessCall(Reader, ["-y", "-P", "", "-f", file], limit) { InEnglish = true }, cancellationToken).ConfigureAwait(false);
        }
        catch (KsmgException)
        {
            return null;
        }

        string beginning = Encoding.ASCII.GetString(start);
        return result.ExitCode == 0 ? null
            : beginning.StartsWith("PuTTY-User-Key-File", StringComparison.Ordinal) ? Words.Get("ssh.key-putty")
            : _publicHalves.Any(kind => beginning.StartsWith(kind, StringComparison.Ordinal)) ? Words.Get("ssh.key-public")
            : result.Errors.Contains("passphrase", StringComparison.Ordinal) ? Words.Get("ssh.key-passphrase")
            : Words.Get("ssh.key-other", result.Complaint);
    }
}
