using System.Globalization;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;

namespace Ksmg.Sdk;

/// <summary>
/// What may stand in a section of the configuration, and where it goes. Unlike the framework's binder it refuses what it does not know or
/// cannot read in one way only, names the place and what is allowed, and finds every mistake at once. <c>null</c> for a setting is its
/// default; in a list or a map there is none, so it is refused.
/// </summary>
/// <typeparam name="T">The options.</typeparam>
internal sealed class SectionShape<T>
    where T : class
{
    private readonly Dictionary<string, Action<T, IConfigurationSection, SectionMistakes>> _members = new(StringComparer.OrdinalIgnoreCase);

    private readonly List<string> _required = [];

    /// <summary>The settings by name, as they are written.</summary>
    public IEnumerable<string> Names => _members.Keys;

    /// <summary>A text.</summary>
    public SectionShape<T> Text(string name, Action<T, string> set) => Scalar(name, "setting.form-text", set, (text, out value) => (value = text) is not null);

    /// <summary>A text of a form, which is named by the key of its words.</summary>
    public SectionShape<T> Form(string name, string key, Func<string, bool> fits, Action<T, string> set) =>
        Scalar(name, key, set, (text, out value) => fits(value = text));

    /// <summary>A text of a form, in words of another assembly.</summary>
    public SectionShape<T> Form(string name, Func<string> form, Func<string, bool> fits, Action<T, string> set) =>
        Scalar(name, form, set, (text, out value) => fits(value = text));

    /// <summary>An address. Its text is not repeated in messages: it may hold a password or a token.</summary>
    public SectionShape<T> Address(string name, Action<T, Uri> set) => Member(name, (target, section, mistakes) =>
    {
        if (mistakes.Scalar(section, Words.Get("setting.form-address")) is not { } text)
        {
            return;
        }

        if (Uri.TryCreate(text.Trim(), UriKind.Absolute, out Uri? address) && address.Port is not 0)
        {
            set(target, address);
        }
        else
        {
            mistakes.Add(section, Words.Get("setting.no-address"));
        }
    });

    /// <summary>A time between two bounds, where they are not left to the validator of the options.</summary>
    public SectionShape<T> Time(string name, Action<T, TimeSpan> set, TimeSpan? shortest = null, TimeSpan? longest = null) =>
        Member(name, (target, section, mistakes) =>
    {
        if (mistakes.Scalar(section, Duration.Form) is not { } text)
        {
            return;
        }

        if (!Duration.TryParse(text, out TimeSpan time))
        {
            bool isBare = double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out _);
            string why = Words.Get(isBare ? "setting.lacks-unit" : "setting.is-no-time");
            mistakes.Add(section, Words.Get("setting.no-time", SectionMistakes.Show(text), why, Duration.Form));
        }
        else if (time < shortest || time > longest)
        {
            mistakes.Add(
                section,
                Words.Get(
                    "setting.not-between", Duration.Write(time), Duration.Write(shortest ?? TimeSpan.Zero), Duration.Write(longest ?? TimeSpan.MaxValue)));
        }
        else
        {
            set(target, time);
        }
    });

    /// <summary>A time, or <c>never</c>.</summary>
    public SectionShape<T> TimeOrNever(string name, Action<T, TimeSpan?> set) => Member(name, (target, section, mistakes) =>
    {
        if (mistakes.Scalar(section, Words.Get("setting.form-time-or-never", Duration.Form)) is not { } text)
        {
            return;
        }

        if (text.Trim().Equals("never", StringComparison.OrdinalIgnoreCase))
        {
            set(target, null);
        }
        else if (Duration.TryParse(text, out TimeSpan time))
        {
            set(target, time);
        }
        else
        {
            mistakes.Add(section, Words.Get("setting.no-time-or-never", SectionMistakes.Show(text), Duration.Form));
        }
    });

    /// <summary>A whole number.</summary>
    public SectionShape<T> Number(string name, Action<T, int> set, int least, int most) => Member(name, (target, section, mistakes) =>
    {
        string form = Words.Get("setting.form-number", least, most);
        if (mistakes.Scalar(section, form) is not { } text)
        {
            return;
        }

        if (int.TryParse(text, NumberStyles.AllowLeadingWhite | NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture, out int number)
            && number >= least
            && number <= most)
        {
            set(target, number);
        }
        else
        {
            mistakes.Add(section, Words.Get("setting.no-number", SectionMistakes.Show(text), form));
        }
    });

    /// <summary><c>true</c> or <c>false</c>.</summary>
    public SectionShape<T> Flag(string name, Action<T, bool> set) =>
        Scalar(name, "setting.form-switch", set, (text, out value) => bool.TryParse(text, out value));

    /// <summary>One of the names of an enumeration; neither a number nor several.</summary>
    public SectionShape<T> Word<TEnum>(string name, Action<T, TEnum> set)
        where TEnum : struct, Enum => Word(name, Enum.GetNames<TEnum>(), (target, word) => set(target, Enum.Parse<TEnum>(word)));

    /// <summary>One of some words.</summary>
    public SectionShape<T> Word(string name, string[] words, Action<T, string> set) => Member(name, (target, section, mistakes) =>
    {
        string form = Words.Get("setting.form-one-of", string.Join(", ", words));
        if (mistakes.Scalar(section, form) is not { } text)
        {
            return;
        }

        if (words.FirstOrDefault(n => n.Equals(text.Trim(), StringComparison.OrdinalIgnoreCase)) is { } known)
        {
            set(target, known);
        }
        else
        {
            mistakes.Add(section, Words.Get("setting.not-known", SectionMistakes.Show(text), form, Nearest.Ask(text, words)));
        }
    });

    /// <summary>A list of texts, which replaces what was there; of a form, where one is named by the key of its words.</summary>
    public SectionShape<T> Texts(
        string name, Func<T, ICollection<string>> list, string key = "setting.form-text", Func<string, bool>? fits = null) =>
        Member(name, (target, section, mistakes) =>
    {
        if (mistakes.Items(section, "[ \"…\", … ]") is not { } items)
        {
            return;
        }

        list(target).Clear();
        foreach (IConfigurationSection item in items)
        {
            string form = Words.Get(key);
            if (mistakes.Scalar(item, form, isItem: true) is not { } text)
            {
                continue;
            }

            if (fits?.Invoke(text) == false)
            {
                mistakes.Add(item, Words.Get("setting.not-form", SectionMistakes.Show(text), form));
            }
            else
            {
                list(target).Add(text);
            }
        }
    });

    /// <summary>A map from names to texts.</summary>
    public SectionShape<T> Map(string name, Func<T, IDictionary<string, string>> map) => Member(name, (target, section, mistakes) =>
    {
        foreach (IConfigurationSection entry in mistakes.Entries(section, "{ \"name\": \"…\" }"))
        {
            if (mistakes.Scalar(entry, Words.Get("setting.form-text"), isItem: true) is { } text)
            {
                map(target)[entry.Key] = text;
            }
        }
    });

    /// <summary>A map from names to numbers of bytes.</summary>
    public SectionShape<T> ByteMap(string name, Func<T, IDictionary<string, long>> map) => Member(name, (target, section, mistakes) =>
    {
        foreach (IConfigurationSection entry in mistakes.Entries(section, "{ \"/mount/point\": \"4GB\" }"))
        {
            if (mistakes.Scalar(entry, ByteCount.Form, isItem: true) is not { } text)
            {
                continue;
            }

            if (ByteCount.TryParse(text, out long bytes))
            {
                map(target)[entry.Key] = bytes;
            }
            else
            {
                mistakes.Add(entry, Words.Get("setting.no-bytes", SectionMistakes.Show(text), ByteCount.Form));
            }
        }
    });

    /// <summary>
    /// JSON of any form. A section of the configuration knows texts alone: what looks like a switch or a number is one.
    /// </summary>
    public SectionShape<T> Json(string name, Action<T, JsonNode?> set) => Member(name, (target, section, _) => set(target, SectionJson.Read(section)));

    /// <summary>A map from names to maps from words to JSON.</summary>
    public SectionShape<T> JsonMaps(string name, Action<T, JsonObject?> set) => Member(name, (target, section, mistakes) =>
        set(target, mistakes.Entries(section, "{ \"name\": { \"word\": … } }").Count > 0 ? SectionJson.Read(section, objects: 2) as JsonObject : null));

    /// <summary>One object.</summary>
    public SectionShape<T> Part<TPart>(string name, SectionShape<TPart> shape, Func<T, TPart> part)
        where TPart : class => Member(name, (target, section, mistakes) => shape.Read(section, part(target), mistakes));

    /// <summary>One object, of a shape that is made of this one.</summary>
    public SectionShape<T> Part<TPart>(string name, Func<SectionShape<TPart>> shape, Func<T, TPart> part)
        where TPart : class => Member(name, (target, section, mistakes) => shape().Read(section, part(target), mistakes));

    /// <summary>A list of objects, added to what is there.</summary>
    public SectionShape<T> Items<TItem>(string name, SectionShape<TItem> shape, Func<T, ICollection<TItem>> list)
        where TItem : class, new() => Member(name, (target, section, mistakes) => ReadItems(section, shape, list(target), mistakes));

    /// <summary>A map from names to lists of objects.</summary>
    public SectionShape<T> ItemsByName<TItem>(string name, SectionShape<TItem> shape, Func<T, IDictionary<string, IList<TItem>>> map)
        where TItem : class, new() => Member(name, (target, section, mistakes) =>
    {
        foreach (IConfigurationSection entry in mistakes.Entries(section, "{ \"name\": [ { … } ] }"))
        {
            List<TItem> items = [];
            ReadItems(entry, shape, items, mistakes);
            map(target)[entry.Key] = items;
        }
    });

    /// <summary>Settings that have no default.</summary>
    public SectionShape<T> Required(params ReadOnlySpan<string> names)
    {
        _required.AddRange(names);
        return this;
    }

    /// <summary>Settings that stand in the same section and are read by somebody else.</summary>
    public SectionShape<T> Elsewhere(params ReadOnlySpan<string> names)
    {
        foreach (string name in names)
        {
            Member(name, static (_, _, _) => { });
        }

        return this;
    }

    /// <summary>The kind of adapter that the section is read as.</summary>
    public SectionShape<T> Kind(string kind) => Member("Kind", (_, section, mistakes) =>
    {
        if (mistakes.Scalar(section, $"'{kind}'") is { } text && !text.Equals(kind, StringComparison.OrdinalIgnoreCase))
        {
            mistakes.Add(section, Words.Get("setting.other-kind", SectionMistakes.Show(text), kind));
        }
    });

    /// <summary>Reads a section into options; what it does not name keeps its value.</summary>
    public void Read(IConfigurationSection section, T target, SectionMistakes mistakes)
    {
        IConfigurationSection[] children = [.. mistakes.Entries(section, "{ \"Setting\": … }")];
        if (children.Length > 0 && children.All(child => SectionMistakes.IsIndex(child.Key)))
        {
            mistakes.Add(section, Words.Get("setting.no-object"));
            return;
        }

        // "$schema" and "$comment" are for editors and people.
        foreach (IConfigurationSection child in children.Where(child => !child.Key.StartsWith('$')))
        {
            if (_members.TryGetValue(child.Key, out Action<T, IConfigurationSection, SectionMistakes>? read))
            {
                read(target, child, mistakes);
            }
            else
            {
                mistakes.AddUnknown(child, Names);
            }
        }

        foreach (string missing in _required.Where(name => string.IsNullOrEmpty(section[name])))
        {
            mistakes.Add(section, Words.Get("setting.lacks", missing));
        }
    }

    /// <summary>Sets options from a section.</summary>
    /// <exception cref="OptionsValidationException">Thrown by what is returned: the section holds mistakes; every one is named.</exception>
    public Action<T> From(IConfigurationSection section)
    {
        ArgumentNullException.ThrowIfNull(section);
        return target =>
        {
            SectionMistakes mistakes = new();
            Read(section, target, mistakes);
            mistakes.ThrowIfAny(typeof(T));
        };
    }

    private static void ReadItems<TItem>(IConfigurationSection section, SectionShape<TItem> shape, ICollection<TItem> list, SectionMistakes mistakes)
        where TItem : class, new()
    {
        foreach (IConfigurationSection item in mistakes.Items(section, "[ { … }, … ]") ?? [])
        {
            TItem read = new();
            if (SectionMistakes.IsNothing(item))
            {
                mistakes.AddNull(item);
            }
            else
            {
                shape.Read(item, read, mistakes);
            }

            list.Add(read);
        }
    }

    private delegate bool Parse<TValue>(string text, out TValue value);

    private SectionShape<T> Scalar<TValue>(string name, string key, Action<T, TValue> set, Parse<TValue> parse) =>
        Scalar(name, () => Words.Get(key), set, parse);

    private SectionShape<T> Scalar<TValue>(string name, Func<string> words, Action<T, TValue> set, Parse<TValue> parse) =>
        Member(name, (target, section, mistakes) =>
    {
        string form = words();
        if (mistakes.Scalar(section, form) is not { } text)
        {
            return;
        }

        if (parse(text, out TValue value))
        {
            set(target, value);
        }
        else
        {
            mistakes.Add(section, Words.Get("setting.not-form", SectionMistakes.Show(text), form));
        }
    });

    private SectionShape<T> Member(string name, Action<T, IConfigurationSection, SectionMistakes> read)
    {
        _members.Add(name, read);
        return this;
    }
}
