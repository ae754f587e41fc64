using System.Text;

namespace Ksmg.Sdk.Infrastructure;

/// <summary>Why ssh cannot use a key. It says nothing of that itself: it offers no key then, and the node refuses a login without one.</summary>
internal static class SshKey
{
    private const string Reader = "ssh-keygen";
    private const int MostOfBeginning = 256;

    private static readonly string[] _publicHalves =
        ["ssh-", "ecdsa-", "sk-", "---- BEGIN SSH2 PUBLIC KEY", "-----BEGIN PUBLIC KEY", "-----BEGIN RSA PUBLIC KEY"];

    /// <summary>What is wrong with the key and what to do; <see langword="null"/>: nothing, or nobody can tell.</summary>
    public static async Task<string?> FaultAsync(string file, ProcessRunner runner, TimeSpan limit, CancellationToken cancellationToken)
    {
        ProcessResult result;
        string beginning;
        try
        {
            // Prints the public half where the private one can be read without a passphrase.
            result = await runner.RunAsync(
                new ProcessCall(Reader, ["-y", "-P", "", "-f", file], limit) { InEnglish = true }, cancellationToken).ConfigureAwait(false);
            beginning = await BeginningAsync(file, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is KsmgException or IOException or UnauthorizedAccessException)
        {
            return null;
        }

        return result.ExitCode == 0 ? null
            : beginning.StartsWith("PuTTY-User-Key-File", StringComparison.Ordinal) ? Words.Get("ssh.key-putty")
            : _publicHalves.Any(kind => beginning.StartsWith(kind, StringComparison.Ordinal)) ? Words.Get("ssh.key-public")
            : result.Errors.Contains("passphrase", StringComparison.Ordinal) ? Words.Get("ssh.key-passphrase")
            : Words.Get("ssh.key-other", result.Complaint);
    }

    private static async Task<string> BeginningAsync(string file, CancellationToken cancellationToken)
    {
        byte[] bytes = new byte[MostOfBeginning];
        FileStream stream = File.OpenRead(file);
        await using (stream.ConfigureAwait(false))
        {
            int read = await stream.ReadAtLeastAsync(bytes, bytes.Length, throwOnEndOfStream: false, cancellationToken).ConfigureAwait(false);
            return Encoding.ASCII.GetString(bytes, 0, read);
        }
    }
}
