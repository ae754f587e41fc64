using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text.Json.Serialization;

namespace Ksmg.Sdk.Upgrades;

/// <summary>
/// What is said to people, as data: a key and arguments. It is put into words where it is shown, in the reader's language and with the
/// reader's numbers; instants are written the same in every language. As JSON it is its key and its arguments.
/// </summary>
[JsonConverter(typeof(MessageConverter))]
public sealed class Message : IEquatable<Message>
{
    private const string SaidKey = "said";

    private readonly object[] _arguments;

    private Message(string key, object[] arguments)
    {
        Key = key;
        _arguments = arguments;
    }

    /// <summary>What is said, as a stable word.</summary>
    public string Key { get; }

    /// <summary>
    /// What it is said of: each a text (<see cref="string"/>, on one line), a whole number (<see cref="long"/>), a duration
    /// (<see cref="TimeSpan"/>), an instant (<see cref="DateTimeOffset"/>), a <see cref="Message"/> or a list of messages.
    /// </summary>
    public IReadOnlyList<object> Arguments => _arguments;

    /// <summary>The sentence for text tools: English, and the same on every machine.</summary>
    internal string English => Say(CultureInfo.InvariantCulture, CultureInfo.InvariantCulture);

    /// <summary>The words in the reader's language.</summary>
    internal string Shown => Say(CultureInfo.CurrentUICulture, CultureInfo.CurrentCulture);

    /// <summary>The message where key and arguments tell more than its sentence does; <see langword="null"/> for what somebody else said.</summary>
    internal Message? Keyed => Key == SaidKey ? null : this;

    /// <summary>Whether this version has words for it; one that a newer version wrote may have none.</summary>
    internal bool HasWords => Words.FileOf(Key) is not null;

    /// <summary>Makes a message.</summary>
    /// <param name="key">The key.</param>
    /// <param name="arguments">
    /// Whole numbers, <see cref="TimeSpan"/>, <see cref="DateTimeOffset"/>, messages and lists of them are kept as they are; everything else becomes text.
    /// </param>
    public static Message Of(string key, params ReadOnlySpan<object?> arguments)
    {
        ArgumentException.ThrowIfNullOrEmpty(key);
        object[] kept = arguments.IsEmpty ? [] : new object[arguments.Length];
        for (int i = 0; i < kept.Length; i++)
        {
            kept[i] = Keep(arguments[i]);
        }

        return new Message(key, kept);
    }

    /// <summary>What somebody else said, such as a node, an adapter or a human: shown as it is, on one line.</summary>
    /// <param name="text">What was said.</param>
    public static Message Said(string? text) => new(SaidKey, [Printable.Line(text)]);

    /// <summary>The words in the reader's language, with the reader's numbers where there are words of that language.</summary>
    public override string ToString() => Shown;

    /// <summary>The words in a language, with its numbers.</summary>
    /// <param name="culture">The language; the invariant one is English.</param>
    public string ToString(CultureInfo culture) => Say(culture, culture);

    /// <summary>The words in the reader's language, with instants by the clock of a zone: the reader is told which.</summary>
    /// <param name="zone">The zone.</param>
    public string ToString(TimeZoneInfo zone)
    {
        ArgumentNullException.ThrowIfNull(zone);
        return Say(CultureInfo.CurrentUICulture, CultureInfo.CurrentCulture, zone);
    }

    /// <inheritdoc/>
    public bool Equals(Message? other)
    {
        if (other is null || Key != other.Key || _arguments.Length != other._arguments.Length)
        {
            return false;
        }

        for (int i = 0; i < _arguments.Length; i++)
        {
            bool same = _arguments[i] is Message[] list
                ? other._arguments[i] is Message[] others && list.AsSpan().SequenceEqual(others)
                : _arguments[i].Equals(other._arguments[i]);
            if (!same)
            {
                return false;
            }
        }

        return true;
    }

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as Message);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Key, _arguments.Length);

    /// <summary>Whether both say the same of the same.</summary>
    public static bool operator ==(Message? left, Message? right) => left is null ? right is null : left.Equals(right);

    /// <summary>Whether they differ.</summary>
    public static bool operator !=(Message? left, Message? right) => !(left == right);

    /// <summary>The words, as <see cref="ToString()"/> says them.</summary>
    [return: NotNullIfNotNull(nameof(message))]
    public static implicit operator string?(Message? message) => message?.Shown;

    /// <summary>Several messages, one after the other; what is <see langword="null"/> is left out.</summary>
    internal static Message Sentences(params IEnumerable<Message?> messages)
    {
        Message[] all = [.. messages.OfType<Message>()];
        return all.Length == 1 ? all[0] : new Message("sentences", [all]);
    }

    private static object Keep(object? argument) => argument switch
    {
        null => string.Empty,
        string text => Printable.Line(text),
        long or TimeSpan or DateTimeOffset or Message => argument,
        int number => (long)number,
        double number => (long)Math.Round(number),
        IEnumerable<Message> list => list.ToArray(),
        _ => Printable.Line(Convert.ToString(argument, CultureInfo.InvariantCulture)),
    };

    private string Say(CultureInfo language, CultureInfo formats, TimeZoneInfo? zone = null)
    {
        object?[] shown = new object?[_arguments.Length];
        for (int i = 0; i < shown.Length; i++)
        {
            shown[i] = _arguments[i] switch
            {
                Message message => message.Say(language, formats, zone),
                Message[] list => new SaidList(Array.ConvertAll(list, m => m.Say(language, formats, zone))),
                DateTimeOffset at when zone is not null => Wall(TimeZoneInfo.ConvertTime(at, zone)),
                object argument => argument,
            };
        }

        return Words.FileOf(Key)?.Get(language, formats, Key, shown) ?? string.Join(' ', [Key, .. shown]);
    }

    /// <summary>An instant as a clock on the wall shows it, the same in every language: whoever reads it knows in which zone.</summary>
    private static string Wall(DateTimeOffset at) => at.DateTime.ToString("u", CultureInfo.InvariantCulture).TrimEnd('Z');

    /// <summary>A list in a text: <c>{0}</c> with blanks between, <c>{0:; }</c> with what stands after the colon.</summary>
    private sealed class SaidList(string[] items) : IFormattable
    {
        public string ToString(string? format, IFormatProvider? formatProvider) => string.Join(string.IsNullOrEmpty(format) ? " " : format, items);

        public override string ToString() => ToString(null, null);
    }
}
