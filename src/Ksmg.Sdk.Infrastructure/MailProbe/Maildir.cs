using Ksmg.Sdk.Upgrades;

namespace Ksmg.Sdk.Infrastructure;

/// <summary>The receiving half of a probe: a Maildir on this machine.</summary>
internal sealed class Maildir(string folder, TimeProvider time)
{
    /// <summary>More than the headers of any message; bodies are not read.</summary>
    private const int MaxHead = 64 * 1024;
    private const int MaxFiles = 10_000;
    private const int MaxRounds = 3;

    /// <summary>What lay there before cannot be the message of a run that is still going.</summary>
    private static readonly TimeSpan _oldest = TimeSpan.FromDays(7);

    /// <summary>Every copy of a message: when it arrived, and its headers.</summary>
    /// <exception cref="KsmgException">The Maildir cannot be read.</exception>
    public async Task<IReadOnlyList<(DateTimeOffset? ReceivedAt, MessageHeaders Headers)>> FindAsync(string messageId, CancellationToken cancellationToken)
    {
        try
        {
            for (int round = 1; ; round++)
            {
                if (await LookAsync(messageId, cancellationToken).ConfigureAwait(false) is { } copies)
                {
                    return copies;
                }

                if (round == MaxRounds)
                {
                    throw new IOException("its files are renamed faster than they can be read");
                }
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new KsmgException($"The Maildir {folder} cannot be read: {e.Message.TrimEnd('.')}. Correct MailProbe:Maildir, or give this account the right to read it.", e);
        }
    }

    public SelfTestResult Test()
    {
        string subject = $"Maildir {folder}";
        try
        {
            return new SelfTestResult(subject, Works: true, $"{Messages().Count} messages of the last {_oldest.Days} days");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return new SelfTestResult(subject, Works: false, e.Message, "Correct MailProbe:Maildir, or give this account the right to read it.");
        }
    }

    /// <summary><see langword="null"/>: a file was renamed meanwhile, as mail readers do; look again.</summary>
    private async Task<List<(DateTimeOffset? ReceivedAt, MessageHeaders Headers)>?> LookAsync(string messageId, CancellationToken cancellationToken)
    {
        List<(DateTimeOffset?, MessageHeaders)> copies = [];
        foreach (FileInfo file in Messages())
        {
            try
            {
                MessageHeaders headers = new(await HeadAsync(file, cancellationToken).ConfigureAwait(false));
                if (headers.MessageId == messageId)
                {
                    copies.Add((new DateTimeOffset(file.LastWriteTimeUtc, TimeSpan.Zero), headers));
                }
            }
            catch (FileNotFoundException)
            {
                return null;
            }
        }

        return copies;
    }

    /// <summary>
    /// The messages, each once: one that is moved from <c>new</c> to <c>cur</c> or gets other flags while this goes on keeps the part of
    /// its name before the colon. <c>new</c> comes first, or a message could slip through between the two.
    /// </summary>
    private Dictionary<string, FileInfo>.ValueCollection Messages()
    {
        Dictionary<string, FileInfo> messages = new(StringComparer.Ordinal);
        DateTime since = (time.GetUtcNow() - _oldest).UtcDateTime;
        EnumerationOptions plain = new() { AttributesToSkip = FileAttributes.ReparsePoint | FileAttributes.Directory, IgnoreInaccessible = false };
        foreach (string part in (string[])["new", "cur"])
        {
            foreach (FileInfo file in new DirectoryInfo(Path.Combine(folder, part)).EnumerateFiles("*", plain).Where(f => f.LastWriteTimeUtc >= since))
            {
                messages[file.Name.Split(':')[0]] = file;
                if (messages.Count > MaxFiles)
                {
                    throw new IOException($"it holds more than {MaxFiles} messages of the last {_oldest.Days} days; test messages need a mailbox of their own");
                }
            }
        }

        return messages.Values;
    }

    private static async Task<byte[]> HeadAsync(FileInfo file, CancellationToken cancellationToken)
    {
        FileStream stream = new(file.FullName, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0, FileOptions.Asynchronous);
        await using (stream.ConfigureAwait(false))
        {
            byte[] head = new byte[(int)Math.Min(MaxHead, stream.Length)];
            int read = await stream.ReadAtLeastAsync(head, head.Length, throwOnEndOfStream: false, cancellationToken).ConfigureAwait(false);
            return head[..read];
        }
    }
}
