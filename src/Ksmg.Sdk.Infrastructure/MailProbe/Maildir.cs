using Ksmg.Sdk.Upgrades;

namespace Ksmg.Sdk.Infrastructure;

/// <summary>The receiving half of a probe: a Maildir on this machine.</summary>
internal sealed class Maildir(string folder, TimeProvider time)
{
    /// <summary>More than the headers of any message; bodies are not read.</summary>
    private const int MaxHead = 64 * 1024;
    private const int MaxFiles = 10_000;
    private const int MaxRounds = 3;

    /// <summary>How a flag list begins behind the unique part of a name; by what it is set apart differs between file systems.</summary>
    private static readonly string[] _flags = [":2,", ";2,", "!2,"];

    /// <summary>The first bytes of what gzip, bzip2, xz and zstd leave.</summary>
    private static readonly byte[][] _compressed = [[0x1F, 0x8B], "BZh"u8.ToArray(), [0xFD, 0x37, 0x7A, 0x58, 0x5A], [0x28, 0xB5, 0x2F, 0xFD]];

    /// <summary>What lay there before cannot be the message of a run that is still going.</summary>
    private static readonly TimeSpan _oldest = TimeSpan.FromDays(7);

    /// <summary>Every copy of a message: when it arrived, and its headers.</summary>
    /// <exception cref="KsmgException">The Maildir cannot be read.</exception>
    public async Task<IReadOnlyList<(DateTimeOffset? ReceivedAt, MessageHeaders Headers)>> FindAsync(string messageId, CancellationToken cancellationToken)
    {
        try
        {
            return (await LookAsync(messageId, cancellationToken).ConfigureAwait(false)).Copies;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new KsmgException(
                Words.Get("maildir.unreadable", folder, e.Message.TrimEnd('.')), e);
        }
    }

    public async Task<SelfTestResult> TestAsync(CancellationToken cancellationToken)
    {
        string subject = Words.Get("maildir.subject", folder);
        try
        {
            int count = (await LookAsync(MailText.ImpossibleId, cancellationToken).ConfigureAwait(false)).Messages;
            return new SelfTestResult(subject, SelfTestOutcome.Works, Words.Get("maildir.works", count, _oldest.Days));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return new SelfTestResult(subject, SelfTestOutcome.Fails, e.Message, Words.Get("maildir.remedy"));
        }
    }

    /// <summary>The copies, and how many messages there are. Where a file is renamed or gone meanwhile, as mail readers do, it is looked again.</summary>
    private async Task<(List<(DateTimeOffset? ReceivedAt, MessageHeaders Headers)> Copies, int Messages)> LookAsync(
        string messageId, CancellationToken cancellationToken)
    {
        for (int round = 1; ; round++)
        {
            try
            {
                return await LookOnceAsync(messageId, cancellationToken).ConfigureAwait(false);
            }
            catch (FileNotFoundException e)
            {
                if (round == MaxRounds)
                {
                    throw new IOException(Words.Get("maildir.renamed"), e);
                }
            }
        }
    }

    private async Task<(List<(DateTimeOffset? ReceivedAt, MessageHeaders Headers)> Copies, int Messages)> LookOnceAsync(
        string messageId, CancellationToken cancellationToken)
    {
        List<(DateTimeOffset?, MessageHeaders)> copies = [];
        Dictionary<string, FileInfo>.ValueCollection messages = Messages();
        foreach (FileInfo file in messages)
        {
            byte[] head = await HeadAsync(file, cancellationToken).ConfigureAwait(false);
            if (Array.Exists(_compressed, magic => head.AsSpan().StartsWith(magic)))
            {
                throw new IOException(Words.Get("maildir.compressed", file.Name));
            }

            MessageHeaders headers = new(head);
            if (headers.MessageId == messageId)
            {
                copies.Add((new DateTimeOffset(file.LastWriteTimeUtc, TimeSpan.Zero), headers));
            }
        }

        return (copies, messages.Count);
    }

    /// <summary>
    /// The messages, each once: one that is moved from <c>new</c> to <c>cur</c> or gets other flags while this goes on keeps the part of
    /// its name before the flags. <c>new</c> comes first, or a message could slip through between the two. A name with a leading dot is
    /// no message (yet); what is empty is none, or no regular file, which could keep whoever opens it waiting.
    /// </summary>
    private Dictionary<string, FileInfo>.ValueCollection Messages()
    {
        Dictionary<string, FileInfo> messages = new(StringComparer.Ordinal);
        DateTime since = (time.GetUtcNow() - _oldest).UtcDateTime;
        EnumerationOptions plain = new() { AttributesToSkip = FileAttributes.ReparsePoint | FileAttributes.Directory, IgnoreInaccessible = false };
        foreach (string part in (string[])["new", "cur"])
        {
            foreach (FileInfo file in new DirectoryInfo(Path.Combine(folder, part)).EnumerateFiles("*", plain)
                .Where(f => f.Name[0] != '.' && f.Length > 0 && f.LastWriteTimeUtc >= since))
            {
                messages[file.Name.Split(_flags, StringSplitOptions.None)[0]] = file;
                if (messages.Count > MaxFiles)
                {
                    throw new IOException(Words.Get("maildir.too-many", MaxFiles, _oldest.Days));
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
