# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
# cython: binding=True, auto_pickle=False, autotestdict=False, freethreading_compatible=True
"""BER by tables: octets to instances of declared classes, and back.

It knows shapes and no library word.  `table` turns a declaration (`isoill.asn1.fields_of`) into one C array per
class; reading and writing walk these arrays and call nothing of Python's in their inner loops:

- instances are allocated without ``__init__`` and their slots written at the offsets of the member descriptors;
  they hold no cycles (frozen classes, tuples), so they are never put on the garbage collector's lists;
- octets are written backwards, in one pass into one buffer, the write pointer passed and returned by value;
- where a value stands is a chain of frames on the C stack, rendered to a path only when an error escapes.

Functions that return a pointer return NULL with a Python exception set; those that write return NULL without one
when the buffer is full, and the caller begins again with a larger one.
"""

cimport cython
from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_CheckExact, PyBytes_FromStringAndSize, PyBytes_GET_SIZE
from cpython.buffer cimport PyBUF_SIMPLE, Py_buffer, PyBuffer_Release, PyObject_GetBuffer
from cpython.mem cimport PyMem_Free, PyMem_Malloc
from libc.stdint cimport int64_t, uint8_t, uint32_t, uint64_t
from libc.string cimport memcpy, memmove, memset

from isoill.asn1 import (
    BitString, Kind, Latin1String, Latin1VisibleString, NULL as NULL_VALUE, STRING_TAGS as _STRING_TAGS,
    UNIVERSAL_NAMES as _UNIVERSAL_NAMES,
    Type, VisibleString, fields_of, type_of,
)
from isoill.errors import (
    DEFAULT_LIMITS, DecodeError, Deviation, EncodeError, LimitError, Limits, Reason, TruncatedError,
)
from isoill.notations import LEAST as _LEAST, MOST as _MOST, notation_of

cdef extern from "Python.h":
    ctypedef struct PyObject:
        pass
    ctypedef struct PyTypeObject:
        Py_ssize_t tp_basicsize
    PyObject *Py_None
    PyObject *Py_True
    PyObject *Py_False
    void Py_INCREF(PyObject *) noexcept
    void Py_DECREF(PyObject *) noexcept
    PyTypeObject *Py_TYPE(PyObject *) noexcept
    int PyType_IsSubtype(PyTypeObject *, PyTypeObject *) noexcept
    PyObject *PyUnicode_FromKindAndData(int, const void *, Py_ssize_t) noexcept
    PyObject *PyUnicode_New(Py_ssize_t, uint32_t) noexcept
    uint8_t *PyUnicode_1BYTE_DATA(PyObject *) noexcept
    PyObject *PyUnicode_DecodeUTF8(const char *, Py_ssize_t, const char *) noexcept
    PyObject *PyUnicode_DecodeLatin1(const char *, Py_ssize_t, const char *) noexcept
    const char *PyUnicode_AsUTF8AndSize(PyObject *, Py_ssize_t *) noexcept
    bint PyUnicode_Check(PyObject *) noexcept
    bint PyUnicode_CheckExact(PyObject *) noexcept
    bint PyUnicode_IS_COMPACT_ASCII(PyObject *) noexcept
    Py_ssize_t PyUnicode_GET_LENGTH(PyObject *) noexcept
    PyObject *bytes_new "PyBytes_FromStringAndSize"(const char *, Py_ssize_t) noexcept
    bint bytes_check "PyBytes_Check"(PyObject *) noexcept
    char *bytes_data "PyBytes_AS_STRING"(PyObject *) noexcept
    Py_ssize_t bytes_size "PyBytes_GET_SIZE"(PyObject *) noexcept
    bint PyBool_Check(PyObject *) noexcept
    bint PyLong_Check(PyObject *) noexcept
    bint PyLong_CheckExact(PyObject *) noexcept
    PyObject *PyLong_FromLongLong(long long) noexcept
    long long PyLong_AsLongLongAndOverflow(PyObject *, int *) noexcept
    bint PyTuple_Check(PyObject *) noexcept
    PyObject *PyTuple_New(Py_ssize_t) noexcept
    Py_ssize_t PyTuple_GET_SIZE(PyObject *) noexcept
    PyObject *PyTuple_GET_ITEM(PyObject *, Py_ssize_t) noexcept
    void PyTuple_SET_ITEM(PyObject *, Py_ssize_t, PyObject *) noexcept
    PyObject *PyList_New(Py_ssize_t) noexcept
    int PyList_Append(PyObject *, PyObject *) noexcept
    void PyObject_GC_UnTrack(PyObject *) noexcept
    int PyObject_IS_GC(PyObject *) noexcept
    int PyObject_RichCompareBool(PyObject *, PyObject *, int) noexcept
    void PyErr_SetObject(PyObject *, PyObject *) noexcept
    void PyErr_Clear() noexcept
    int PyErr_ExceptionMatches(PyObject *) noexcept
    PyObject *PyExc_UnicodeError
    PyObject *PyDict_GetItemWithError(PyObject *, PyObject *) noexcept
    int Py_EQ
    Py_ssize_t PY_SSIZE_T_MAX

cdef extern from *:
    """
    #include <structmember.h>
    /* The offset of a slot, or -1 where the attribute is no slot that holds an object. */
    static Py_ssize_t isoill_slot_offset(PyObject *descriptor) {
        if (!Py_IS_TYPE(descriptor, &PyMemberDescr_Type)) return -1;
        return ((PyMemberDescrObject *)descriptor)->d_member->offset;
    }
    /* An instance that is not on the collector's list; its slots are not yet filled. */
    static inline PyObject *isoill_new_instance(PyTypeObject *cls) {
        return (PyObject *)PyObject_GC_New(PyObject, cls);
    }
    /* Python's own deallocator of a class with slots asks each slot's descriptor what it is: a sixth of the time of
       reading a request and letting it go.  Where slots are all there is in an instance, its body is an array of
       references.  The trashcan is for values that somebody nested without end; it costs too much for all others, so
       that the depth is counted here (by all threads together, which only makes it come sooner).  Subclasses keep
       Python's, which calls this one for what they inherit; free-threaded builds keep it too. */
    #ifndef Py_GIL_DISABLED
    static int isoill_depth = 0;
    static void isoill_dealloc(PyObject *self);
    static void isoill_free(PyObject *self) {
        PyTypeObject *cls = Py_TYPE(self), *declared = cls;
        PyObject **slot, **end;
        while (declared->tp_dealloc != isoill_dealloc) declared = declared->tp_base;
        end = (PyObject **)((char *)self + declared->tp_basicsize);
        isoill_depth++;
        for (slot = (PyObject **)(self + 1); slot < end; slot++) Py_CLEAR(*slot);
        isoill_depth--;
        PyObject_GC_Del(self);
        Py_DECREF(cls);
    }
    static void isoill_dealloc(PyObject *self) {
        PyTypeObject *cls = Py_TYPE(self);
        if (cls->tp_finalize != NULL && cls->tp_dealloc == isoill_dealloc) {
            if (PyObject_CallFinalizerFromDealloc(self) < 0) return;  /* it lives on */
        }
        PyObject_GC_UnTrack(self);
        if (isoill_depth < 100) { isoill_free(self); return; }
        Py_TRASHCAN_BEGIN(self, isoill_dealloc)
        isoill_free(self);
        Py_TRASHCAN_END
    }
    static void isoill_let_go_fast(PyTypeObject *cls) { cls->tp_dealloc = isoill_dealloc; }
    #else
    static void isoill_let_go_fast(PyTypeObject *cls) { (void)cls; }
    #endif
    /* Many references to None at once; where None is immortal there is nothing to count. */
    static inline void isoill_count_none(Py_ssize_t n) {
    #if PY_VERSION_HEX < 0x030C0000
        Py_None->ob_refcnt += n;
    #else
        (void)n;
    #endif
    }
    static inline uint64_t isoill_word(const uint8_t *p) { uint64_t word; memcpy(&word, p, 8); return word; }
    /* Copy n octets and tell whether all were ASCII.  Most texts are short, and of a memcpy of unknown size compilers
       make a `rep movs`, which is slow for these. */
    static inline int isoill_copy(uint8_t *to, const uint8_t *from, Py_ssize_t n) {
        uint64_t all = 0, word;
        Py_ssize_t i;
        if (n >= 8) {
            for (i = 0; i <= n - 8; i += 8) { word = isoill_word(from + i); all |= word; memcpy(to + i, &word, 8); }
            word = isoill_word(from + n - 8); all |= word; memcpy(to + n - 8, &word, 8);
        } else {
            for (i = 0; i < n; i++) { all |= from[i]; to[i] = from[i]; }
        }
        return (all & 0x8080808080808080ULL) == 0;
    }
    /* The slots of a fresh instance: n octets, a whole number of pointers. */
    static inline void isoill_copy_slots(char *to, const char *from, Py_ssize_t n) {
        Py_ssize_t i;
        for (i = 0; i < n; i += sizeof(void *)) *(void *volatile *)(to + i) = *(void **)(from + i);
    }
    #define isoill_body(object) ((char *)(object) + sizeof(PyObject))
    /* A debug build stops at the first read or write outside the buffer. */
    #ifdef ISOILL_DEBUG
    #define isoill_inside(p, n, start, end) do { \\
        if ((p) < (start) || (n) < 0 || (n) > (end) - (p)) Py_FatalError("isoill._ber: outside the buffer"); } while (0)
    #define ISOILL_IS_DEBUG 1
    #else
    #define isoill_inside(p, n, start, end) ((void)0)
    #define ISOILL_IS_DEBUG 0
    #endif
    """
    Py_ssize_t slot_offset "isoill_slot_offset"(PyObject *) noexcept
    PyObject *new_instance "isoill_new_instance"(PyTypeObject *) noexcept
    void let_go_fast "isoill_let_go_fast"(PyTypeObject *) noexcept
    void count_none "isoill_count_none"(Py_ssize_t) noexcept
    bint copy_octets "isoill_copy"(uint8_t *, const uint8_t *, Py_ssize_t) noexcept
    void copy_slots "isoill_copy_slots"(char *, const char *, Py_ssize_t) noexcept
    char *body_of "isoill_body"(PyObject *) noexcept
    void inside "isoill_inside"(const uint8_t *, Py_ssize_t, const uint8_t *, const uint8_t *) noexcept
    bint ISOILL_IS_DEBUG

#: Whether this build stops at reads and writes outside its buffers (``ISOILL_DEBUG=1`` when it was built).
DEBUG = bool(ISOILL_IS_DEBUG)


# ── tables ───────────────────────────────────────────────────────────────────────────────────────────────────────

cdef enum:  # as isoill.asn1.Kind, which is checked below
    BOOLEAN = 1
    INTEGER = 2
    BIT_STRING = 3
    OCTET_STRING = 4
    NULL_TYPE = 5
    OBJECT_IDENTIFIER = 6
    STRING = 7
    ENUMERATED = 8
    SEQUENCE = 9
    SEQUENCE_OF = 10
    CHOICE = 11
    UNION = 12
    ANY = 13

cdef enum:  # how a component's value is reached once its first identifier octets are known
    READ_TEXT = 1  # explicit tag around a choice of string types: ILL-String
    READ_IMPLICIT = 2  # the tag replaces the type's own, or is the type's own
    READ_EXPLICIT = 3  # the tag wraps a whole tag-length-value
    READ_UNTAGGED = 4  # no tag, and more than one identifier of its own: a CHOICE, or a type that carries a tag

cdef enum:  # what `Node.lead` says of an identifier octet
    MOST_COMPONENTS = 64
    HIGH_TAG = 254  # a tag number of 31 or more, in the octets that follow: see `Node.high`
    NO_COMPONENT = 255

cdef struct Node

cdef struct Field:
    int read
    int tags  # tag-length-values that the component itself adds: 0, 1 or 2
    bint optional
    uint32_t key  # the identifier octets, most significant first; 0 where untagged
    Py_ssize_t offset  # of the slot in the instance
    Node *node
    PyObject *default  # borrowed; NULL where there is none

cdef struct Node:
    int kind
    uint32_t key  # identifier octet of the type itself: UNIVERSAL, or [UNIVERSAL 8] IMPLICIT
    uint32_t other_key  # of the second of two string types; 0 where there is one
    uint32_t wrap  # identifier octet of [APPLICATION n] around it; 0 where there is none
    PyObject *table  # borrowed: the Table that owns this
    PyTypeObject *cls  # of SEQUENCE and CHOICE
    Py_ssize_t body_size
    char *body  # the slots of a fresh instance: None where optional, NULL elsewhere
    Py_ssize_t optionals
    int count
    Field *fields
    uint64_t required  # a bit for each component that must be there
    uint8_t *defaults  # the components that have one
    int defaults_count
    Node *element  # of a SEQUENCE OF; or what an ANY should hold, NULL where that is not known
    PyObject **members  # of an ENUMERATED, from `first` on; NULL where no value is listed
    long long first
    long long members_count
    uint8_t lead[256]
    uint8_t high[128]


if [int(kind) for kind in Kind] != [
    BOOLEAN, INTEGER, BIT_STRING, OCTET_STRING, NULL_TYPE, OBJECT_IDENTIFIER, STRING, ENUMERATED, SEQUENCE, SEQUENCE_OF,
    CHOICE, UNION, ANY,
]:
    raise ImportError("isoill._ber was built for another isoill.asn1: build it anew")

cdef dict _tables = {}


cdef class Table:
    """One type, ready to be read and written; made by `table`."""

    cdef Node node
    cdef readonly object type
    cdef readonly tuple components
    cdef list alive

    def __dealloc__(self):
        PyMem_Free(self.node.body)
        PyMem_Free(self.node.fields)
        PyMem_Free(self.node.defaults)
        PyMem_Free(self.node.members)

    def __repr__(self):
        return f"<Table of {self.type}>"


def table(type, /):
    """The `Table` of a declared class, or of any annotation of `isoill.asn1`; made once and kept."""
    found = _tables.get(type)
    if found is None:
        building = {}
        found = _build(type_of(type), building)
        for described, made in building.items():
            _tables.setdefault(described, made)
            if type_of(described.python) == described:
                _tables.setdefault(described.python, made)
        _tables[type] = found
    return found


cdef Table _build(described, dict building):
    """Make the Table of a type and those below it; `building` has those of the classes met so far, whole or under way."""
    cdef Table made
    found = _tables.get(described) or building.get(described)
    if found is not None:
        return found
    made = Table.__new__(Table)
    made.type = described
    made.alive = []
    made.components = ()
    memset(&made.node, 0, sizeof(Node))
    memset(made.node.lead, NO_COMPONENT, 256)
    memset(made.node.high, NO_COMPONENT, 128)
    made.node.table = <PyObject *>made
    made.node.kind = int(described.kind)
    if described.python is not None:
        building[described] = made
    if described.tag is not None and described.tag.explicit:
        made.node.wrap = _identifier(described.tag.tag_class, described.tag.number, True)
    kind = described.kind
    if kind is Kind.SEQUENCE or kind is Kind.CHOICE:
        made.components = fields_of(described.python)
        _fill_class(made, building)
    elif kind is Kind.UNION:
        _fill_union(made, building)
    elif kind is Kind.SEQUENCE_OF:
        child = _build(described.element, building)
        made.alive.append(child)
        made.node.element = &(<Table>child).node
    elif kind is Kind.ENUMERATED:
        _fill_members(made)
    elif kind is Kind.ANY and described.holds is not None:
        child = _build(described.holds, building)
        made.alive.append(child)
        made.node.element = &(<Table>child).node
    if described.tag is not None and not described.tag.explicit:
        made.node.key = _identifier(described.tag.tag_class, described.tag.number, _constructed(kind))
    elif kind is Kind.STRING:
        made.node.key = _STRING_TAGS[described.strings[0]]
        if len(described.strings) > 1:
            made.node.other_key = _STRING_TAGS[described.strings[1]]
    elif kind is Kind.ENUMERATED:
        made.node.key = 10
    elif kind is Kind.SEQUENCE or kind is Kind.SEQUENCE_OF:
        made.node.key = 0x30
    elif kind <= Kind.OBJECT_IDENTIFIER:
        made.node.key = int(kind)  # their numbers are the universal tags
    return made


cdef bint _constructed(kind):
    return kind is Kind.SEQUENCE or kind is Kind.SEQUENCE_OF or kind is Kind.CHOICE


cdef uint32_t _identifier(tag_class, number, bint constructed):
    """The identifier octets of a tag whose number is below 128."""
    cdef uint32_t first = (int(tag_class) << 6) | (0x20 if constructed else 0)
    if number < 31:
        return first | <uint32_t>number
    return (first | 0x1F) << 8 | <uint32_t>number


cdef _fill_class(Table made, dict building):
    cdef Node *node = &made.node
    cdef Field *field
    cdef Table child
    cdef Py_ssize_t offset
    cdef int index
    cls = made.type.python
    node.cls = <PyTypeObject *>cls
    node.count = len(made.components)
    node.body_size = node.cls.tp_basicsize - <Py_ssize_t>sizeof(PyObject)
    if cls.__dictoffset__ or cls.__weakrefoffset__ or cls.__itemsize__ or (
        node.body_size != node.count * <Py_ssize_t>sizeof(void *)
    ):
        raise TypeError(f"{cls.__name__}: a class with a slot for each component, and nothing else, is wanted")
    if node.count > MOST_COMPONENTS:
        raise TypeError(f"{cls.__name__}: at most {MOST_COMPONENTS} components are wanted, found {node.count}")
    node.body = <char *>PyMem_Malloc(node.body_size or 1)
    node.fields = <Field *>PyMem_Malloc(sizeof(Field) * (node.count or 1))
    node.defaults = <uint8_t *>PyMem_Malloc(node.count or 1)
    if node.body == NULL or node.fields == NULL or node.defaults == NULL:
        raise MemoryError
    memset(node.body, 0, node.body_size)
    memset(node.fields, 0, sizeof(Field) * node.count)
    for index, component in enumerate(made.components):
        field = &node.fields[index]
        descriptor = _slot(cls, component.name)
        offset = slot_offset(<PyObject *>descriptor)
        if offset < <Py_ssize_t>sizeof(PyObject):
            raise TypeError(f"{cls.__name__}.{component.name}: a slot is wanted, found {descriptor!r}")
        child = _build(component.type, building)
        made.alive.append(child)
        field.offset = offset
        field.node = &child.node
        field.optional = component.optional
        tag = component.tag
        if tag is None and (child.node.kind == CHOICE or child.node.other_key or child.node.wrap):
            field.read = READ_UNTAGGED
            field.tags = 1 if child.node.other_key else 0
        elif tag is None or not tag.explicit:
            field.read = READ_IMPLICIT
            field.tags = 1
        else:
            field.read = READ_TEXT if len(component.type.strings) == 2 else READ_EXPLICIT
            field.tags = 1 if component.type.kind in (Kind.CHOICE, Kind.ANY) else 2
        if tag is not None:
            constructed = tag.explicit or _constructed(component.type.kind)
            field.key = _identifier(tag.tag_class, tag.number, constructed)
        elif field.read == READ_IMPLICIT:
            field.key = child.node.key
        _lead(node, index, component)
        if component.required:
            node.required |= <uint64_t>1 << index
        elif component.optional:
            node.optionals += 1
            (<PyObject **>(node.body + offset - <Py_ssize_t>sizeof(PyObject)))[0] = Py_None
        else:
            made.alive.append(component.default)
            field.default = <PyObject *>component.default
            node.defaults[node.defaults_count] = index
            node.defaults_count += 1


    let_go_fast(node.cls)


cdef _slot(cls, name):
    for base in cls.__mro__:
        if name in base.__dict__:
            return base.__dict__[name]
    raise TypeError(f"{cls.__name__}.{name}: a slot is wanted, found nothing")


cdef _lead(Node *node, int index, component):
    """Enter every identifier octet with which a component may begin, strings in their constructed form too."""
    cdef uint32_t key
    type_, tag = component.type, component.tag
    if tag is not None:
        forms = [True] if tag.explicit else _forms(type_.kind)
        keys = [_identifier(tag.tag_class, tag.number, form) for form in forms]
    else:
        keys = [
            _identifier(tag_class, number, form)
            for tag_class, number, forms in _begins(type_)
            for form in forms
        ]
    for key in keys:
        if key > 0xFF:
            if node.high[key & 0x7F] != NO_COMPONENT and node.high[key & 0x7F] != index:
                raise TypeError(f"{component.name}: tags above 30 of one number and two classes are not supported")
            node.lead[key >> 8] = HIGH_TAG
            node.high[key & 0x7F] = index
        else:
            node.lead[key] = index


cdef list _forms(kind):
    if kind in (Kind.STRING, Kind.OCTET_STRING, Kind.BIT_STRING):
        return [False, True]
    return [_constructed(kind)]


cdef list _begins(type_):
    """Tag class, number and forms of each tag with which an untagged type may begin."""
    if type_.tag is not None:
        return [(type_.tag.tag_class, type_.tag.number, [type_.tag.explicit or _constructed(type_.kind)])]
    if type_.kind is Kind.CHOICE:
        found = []
        for component in fields_of(type_.python):
            if component.tag is None:
                found.extend(_begins(component.type))
            else:
                forms = [True] if component.tag.explicit else _forms(component.type.kind)
                found.append((component.tag.tag_class, component.tag.number, forms))
        return found
    return [(tag_class, number, _forms(type_.kind)) for tag_class, number in type_.leading_tags]


cdef _fill_union(Table made, dict building):
    cdef Node *node = &made.node
    cdef Table child
    cdef int index
    cdef uint32_t key
    node.count = len(made.type.alternatives)
    node.fields = <Field *>PyMem_Malloc(sizeof(Field) * node.count)
    if node.fields == NULL:
        raise MemoryError
    memset(node.fields, 0, sizeof(Field) * node.count)
    for index, alternative in enumerate(made.type.alternatives):
        if alternative.kind is not Kind.SEQUENCE or alternative.tag is None:
            raise TypeError(f"{alternative}: an alternative of a union is a SEQUENCE with a tag of its own")
        child = _build(alternative, building)
        made.alive.append(child)
        node.fields[index].node = &child.node
        key = child.node.wrap or child.node.key
        if key > 0xFF or node.lead[key] != NO_COMPONENT:
            raise TypeError(f"{alternative}: a tag below 31, other than the other alternatives', is wanted")
        node.lead[key] = index


cdef _fill_members(Table made):
    cdef Node *node = &made.node
    node.cls = <PyTypeObject *>made.type.python
    members = {member._value_: member for member in made.type.python}
    if not members or max(members) - min(members) > 4095 or not -(2**31) <= min(members) < 2**31:
        raise TypeError(f"{made.type}: values of 32 bits within 4096 of each other are wanted")
    node.first = min(members)
    node.members_count = max(members) - node.first + 1
    node.members = <PyObject **>PyMem_Malloc(sizeof(PyObject *) * node.members_count)
    if node.members == NULL:
        raise MemoryError
    memset(node.members, 0, sizeof(PyObject *) * node.members_count)
    for value, member in members.items():
        made.alive.append(member)
        node.members[<long long>value - node.first] = <PyObject *>member


# ── reading: state, errors, deviations ───────────────────────────────────────────────────────────────────────────

cdef struct Frame:  # one constructed value being read or written
    Frame *up
    Node *node
    Py_ssize_t at  # index of the component, alternative or element
    int depth  # of the constructed value that comes next
    int reserve  # in writing: octets that the levels down to this one may still need

cdef struct Reader:
    const uint8_t *start
    const uint8_t *end
    const uint8_t *pos  # after the value that was read last
    const uint8_t *first  # where the outermost value begins
    bint bounded  # the outermost value has a definite length, so nothing inside can be cut off
    PyObject *deviations  # a list where reading is lenient, NULL where it is strict
    bint quiet  # what is passed over or kept as it came is put up with and not listed
    const uint8_t *listed_tag  # the malformed tag that was listed last: one tag may be looked at twice
    const uint8_t *kept_tag  # the first malformed tag in what is passed over
    Py_ssize_t elements
    Py_ssize_t most_elements
    Py_ssize_t most_segments
    Py_ssize_t most_deviations
    Py_ssize_t most_padding
    int most_depth
    int most_string_depth
    int most_tag_octets
    int most_length_octets
    int most_integer_octets
    int most_arcs
    int most_arc_octets

cdef Reader _default_reader
cdef Py_ssize_t _default_octets
cdef list _UNLISTED = []  # for reading that is lenient and lists nothing: it stays empty


cdef _take_limits(Reader *rd, limits):
    rd.most_elements = limits.elements
    rd.most_segments = limits.segments
    rd.most_deviations = limits.deviations
    rd.most_padding = limits.padding
    rd.most_depth = limits.depth
    rd.most_string_depth = limits.string_depth
    rd.most_tag_octets = limits.tag_octets
    rd.most_length_octets = limits.length_octets
    rd.most_integer_octets = limits.integer_octets
    rd.most_arcs = limits.oid_arcs
    rd.most_arc_octets = limits.oid_arc_octets


memset(&_default_reader, 0, sizeof(Reader))
_take_limits(&_default_reader, DEFAULT_LIMITS)
_default_octets = DEFAULT_LIMITS.octets


@cython.boundscheck(True)
cdef str _path(Frame *frame):
    """Where a frame stands: the outermost type by its ASN.1 name, then attributes and indexes."""
    parts = []
    cdef Node *outermost = frame.node
    while frame.up != NULL:
        outermost = frame.node
        if frame.at >= 0:
            if frame.node.kind == SEQUENCE_OF:
                parts.append(f"[{frame.at}]")
            else:
                parts.append("." + (<Table>frame.node.table).components[frame.at].name)
        frame = frame.up
    parts.append((<Table>outermost.table).type.name)
    return "".join(reversed(parts))


cdef str _type_name(Node *node):
    return (<Table>node.table).type.name


cdef str _found(const uint8_t *p, const uint8_t *limit):
    """What stands at p, in words."""
    if p >= limit:
        return "the end"
    cdef int first = p[0]
    cdef const uint8_t *start = p
    cdef object number = first & 0x1F
    if first == 0 and p + 1 < limit and p[1] == 0:
        return "end-of-contents"
    if number == 0x1F:
        number = 0
        p += 1
        while p < limit and number < 1 << 28 and p - start < 8:
            number = number << 7 | (p[0] & 0x7F)
            if not p[0] & 0x80:
                break
            p += 1
    form = " constructed" if first & 0x20 else ""
    if first & 0xC0 == 0:
        return f"{_UNIVERSAL_NAMES.get(number, f'[UNIVERSAL {number}]')}" + (form if number not in (16, 17, 8) else "")
    prefix = {0x40: "APPLICATION ", 0x80: "", 0xC0: "PRIVATE "}[first & 0xC0]
    return f"[{prefix}{number}]"


cdef void set_exception(exception) noexcept:
    PyErr_SetObject(<PyObject *>Py_TYPE(<PyObject *>exception), <PyObject *>exception)


@cython.boundscheck(True)
cdef str _say(str words, Frame *frame, Node *node, const uint8_t *at, const uint8_t *limit):
    """Fill in words: {type}, {component} (where the frame stands), {found} (what stands at `at`)."""
    if "{type}" in words:
        words = words.replace("{type}", _type_name(node))
    if "{component}" in words:
        words = words.replace("{component}", (<Table>frame.node.table).components[frame.at].notation)
    if "{found}" in words:
        words = words.replace("{found}", _found(at, limit))
    return words


cdef PyObject *fail_found(
    Reader *rd, Frame *frame, Node *node, const uint8_t *at, const uint8_t *limit, reason, str words
) noexcept:
    """Raise a DecodeError with words that `_say` fills in; returns NULL, which a caller may return in turn."""
    try:
        set_exception(DecodeError(reason, _say(words, frame, node, at, limit), _path(frame), at - rd.start))
    except BaseException as error:
        set_exception(error)
    return NULL


cdef PyObject *fail(Reader *rd, Frame *frame, const uint8_t *at, reason, str words) noexcept:
    """Raise a DecodeError with words as they are; returns NULL."""
    return fail_found(rd, frame, frame.node, at, at, reason, words)


cdef PyObject *fail_limit(Reader *rd, Frame *frame, const uint8_t *at, str limit, object most, str what) noexcept:
    try:
        set_exception(
            LimitError(
                Reason.LIMIT, f"expected at most {most} {what}, found more", _path(frame), at - rd.start, limit
            )
        )
    except BaseException as error:
        set_exception(error)
    return NULL


cdef PyObject *fail_short(
    Reader *rd, Frame *frame, const uint8_t *at, const uint8_t *limit, Py_ssize_t needed
) noexcept:
    """A value needs more octets than there are: cut off, or longer than what it stands in."""
    try:
        octets = "octet" if needed == 1 else "octets"
        if limit == rd.end and not rd.bounded and not is_enclosed(rd.first, at, rd.end):
            set_exception(
                TruncatedError(
                    Reason.TRUNCATED, f"expected at least {needed} more {octets}, found the end of the data",
                    _path(frame), at - rd.start, needed,
                )
            )
        else:
            set_exception(
                DecodeError(
                    Reason.MALFORMED_LENGTH, f"expected {needed} more {octets}, found the end of the value around it",
                    _path(frame), at - rd.start,
                )
            )
    except BaseException as error:
        set_exception(error)
    return NULL


cdef bint deviate(
    Reader *rd, Frame *frame, Node *node, const uint8_t *at, const uint8_t *end, const uint8_t *limit, reason, str words
) noexcept:
    """Something a strict writer would not send: recorded, and True, where reading is lenient; else an error.

    The words are "expected ..., found ...".
    """
    if rd.deviations == NULL:
        fail_found(rd, frame, node, at, limit, reason, words)
        return False
    if len(<list>rd.deviations) >= rd.most_deviations:
        fail_limit(rd, frame, at, "deviations", rd.most_deviations, "deviations")
        return False
    try:
        octets = PyBytes_FromStringAndSize(<const char *>at, end - at)
        if "{inner}" in words:  # what stands behind the header that is at fault
            words = words.replace("{inner}", _found(end, limit))
        wanted, _, found = _say(words, frame, node, at, limit).removeprefix("expected ").partition(", found ")
        path = _path(frame)
        if <list>rd.deviations:  # what is said again and again is kept once
            last = (<list>rd.deviations)[len(<list>rd.deviations) - 1]
            wanted = last.wanted if last.wanted == wanted else wanted
            found = last.found if last.found == found else found
            path = last.path if last.path == path else path
        (<list>rd.deviations).append(Deviation(reason, wanted, found, path, at - rd.start, octets))
    except BaseException as error:
        set_exception(error)
        return False
    return True


# ── reading: headers ─────────────────────────────────────────────────────────────────────────────────────────────

cdef struct Head:
    uint32_t key  # the identifier octets, most significant first; 0 where there are more than four
    const uint8_t *start  # of the contents
    const uint8_t *end  # of the contents; NULL where the length is indefinite


cdef str LONG_TAG = "expected the shortest form of the tag, found a longer one"


cdef const uint8_t *read_long_tag(
    Reader *rd, Frame *frame, const uint8_t *p, const uint8_t *limit, uint32_t *key
) noexcept:
    """The octets after the first of a tag in the high form; returns where they end.

    A tag below 31 is read as what it should have been (X.690 8.1.2.2 wants it in one octet) where reading is lenient.
    """
    cdef const uint8_t *q = p + 1
    cdef uint32_t found = p[0]
    while True:
        if q - p >= rd.most_tag_octets:
            return <const uint8_t *>fail_limit(rd, frame, p, "tag_octets", rd.most_tag_octets, "tag octets")
        if q >= limit:
            return <const uint8_t *>fail_short(rd, frame, p, limit, 1)
        if q == p + 1 and q[0] == 0x80:
            return <const uint8_t *>fail(
                rd, frame, p, Reason.MALFORMED_TAG, "expected the shortest form of the tag, found a leading 80"
            )
        found = found << 8 | q[0] if q - p < 4 else 0
        if not q[0] & 0x80:
            break
        q += 1
    key[0] = found
    if q == p + 1 and q[0] < 0x1F:
        key[0] = (p[0] & 0xE0) | q[0]
        if rd.deviations != NULL and rd.quiet and rd.kept_tag == NULL:
            rd.kept_tag = p
        if not (rd.deviations != NULL and (rd.quiet or rd.listed_tag == p)):
            if not deviate(rd, frame, frame.node, p, q + 1, limit, Reason.MALFORMED_TAG, LONG_TAG):
                return NULL
            rd.listed_tag = p
    return q + 1


cdef const uint8_t *read_long_length(
    Reader *rd, Frame *frame, const uint8_t *at, const uint8_t *q, const uint8_t *limit, Py_ssize_t *length
) noexcept:
    """A length whose first octet is 80 or more; -1 is indefinite.  Returns where the contents begin."""
    cdef int octets = q[0] & 0x7F
    cdef uint64_t n = 0
    cdef int i
    if octets == 0:
        length[0] = -1
        return q + 1
    if octets == 0x7F:
        return <const uint8_t *>fail(
            rd, frame, at, Reason.MALFORMED_LENGTH, "expected a length, found the reserved octet ff"
        )
    if octets > rd.most_length_octets:
        return <const uint8_t *>fail_limit(rd, frame, at, "length_octets", rd.most_length_octets, "length octets")
    if octets > limit - q - 1:
        return <const uint8_t *>fail_short(rd, frame, at, limit, octets - (limit - q - 1))
    for i in range(1, octets + 1):
        n = n << 8 | q[i]
    if n > <uint64_t>PY_SSIZE_T_MAX:
        return <const uint8_t *>fail_limit(rd, frame, at, "length_octets", rd.most_length_octets, "length octets")
    if rd.deviations != NULL and not rd.quiet and (n < 0x80 or (q[1] == 0 and octets > 1)):
        if not deviate(
            rd, frame, frame.node, at, q + 1 + octets, limit, Reason.NON_MINIMAL,
            "expected the shortest form of the length, found a longer one",
        ):
            return NULL
    length[0] = <Py_ssize_t>n
    return q + 1 + octets


cdef inline bint read_identifier_and_length(
    Reader *rd, Frame *frame, const uint8_t *p, const uint8_t *limit, Head *head, Py_ssize_t *octets
) noexcept:
    """The header at p, and the number of octets of the contents, -1 where it is indefinite; False with an error set
    where there is none.  Whether the contents are there is not looked at, and `head.end` not set."""
    cdef const uint8_t *q = p + 1
    cdef Py_ssize_t length
    if p >= limit:
        fail_short(rd, frame, p, limit, 2)
        return False
    inside(p, 1, rd.start, rd.end)
    head.key = p[0]
    if p[0] & 0x1F == 0x1F:
        q = read_long_tag(rd, frame, p, limit, &head.key)
        if q == NULL:
            return False
    if q >= limit:
        fail_short(rd, frame, p, limit, 1)
        return False
    inside(q, 1, rd.start, rd.end)
    length = q[0]
    if length < 0x80:
        q += 1
    else:
        q = read_long_length(rd, frame, p, q, limit, &length)
        if q == NULL:
            return False
    head.start = q
    octets[0] = length
    if length < 0 and not p[0] & 0x20:
        fail(rd, frame, p, Reason.MALFORMED_LENGTH, "expected a definite length of a primitive value, found none")
        return False
    return True


cdef inline bint read_head(Reader *rd, Frame *frame, const uint8_t *p, const uint8_t *limit, Head *head) noexcept:
    """Identifier and length at p; False with an error set where there are none, or where the contents are not there."""
    cdef Py_ssize_t length
    if not read_identifier_and_length(rd, frame, p, limit, head, &length):
        return False
    if length < 0:
        head.end = NULL
        return True
    if length > limit - head.start:
        fail_short(rd, frame, p, limit, length - (limit - head.start))
        return False
    head.end = head.start + length
    return True


cdef bint read_head_quietly(
    Reader *rd, Frame *frame, const uint8_t *p, const uint8_t *limit, Head *head
) noexcept:
    """`read_head` of one that is read twice: what is to be listed of it is listed once."""
    cdef bint there
    rd.quiet = True
    there = read_head(rd, frame, p, limit, head)
    rd.quiet = False
    return there


cdef inline bint count(Reader *rd, Frame *frame, const uint8_t *at, Py_ssize_t elements) noexcept:
    """Count tag-length-values; False with an error set where there are too many."""
    rd.elements += elements
    if rd.elements > rd.most_elements:
        fail_limit(rd, frame, at, "elements", rd.most_elements, "tag-length-values")
        return False
    return True


cdef inline bint deep(Reader *rd, Frame *frame, const uint8_t *at) noexcept:
    """True, with an error set, where the constructed value that comes next is too deep."""
    if frame.depth > rd.most_depth:
        fail_limit(rd, frame, at, "depth", rd.most_depth, "levels of constructed values")
        return True
    return False


cdef const uint8_t *skip(Reader *rd, Frame *frame, const uint8_t *p, const uint8_t *limit) noexcept:
    """The end of the tag-length-value at p, whatever it is; nothing in it is listed."""
    cdef const uint8_t *end
    rd.quiet = True
    end = skip_over(rd, frame, p, limit)
    rd.quiet = False
    return end


cdef const uint8_t *skip_over(Reader *rd, Frame *frame, const uint8_t *p, const uint8_t *limit) noexcept:
    """`skip`.  Only indefinite lengths have to be looked into, and whatever is open is then indefinite: a counter is a
    stack."""
    cdef Head head
    cdef int depth = 0
    while True:
        if depth > 0 and p < limit and p[0] == 0:
            if p + 1 >= limit:
                return <const uint8_t *>fail_short(rd, frame, p, limit, 1)
            if p[1] != 0:
                return <const uint8_t *>fail(
                    rd, frame, p, Reason.END_OF_CONTENTS, "expected end-of-contents 00 00, found 00 and another octet"
                )
            p += 2
            depth -= 1
        else:
            if not read_head(rd, frame, p, limit, &head) or not count(rd, frame, p, 1):
                return NULL
            if p[0] == 0:
                return <const uint8_t *>fail(
                    rd, frame, p, Reason.END_OF_CONTENTS, "expected a value, found end-of-contents"
                )
            if head.end == NULL:
                depth += 1
                if frame.depth + depth - 1 > rd.most_depth:
                    return <const uint8_t *>fail_limit(
                        rd, frame, p, "depth", rd.most_depth, "levels of constructed values"
                    )
                p = head.start
            else:
                p = head.end
        if depth == 0:
            return p


cdef inline const uint8_t *read_end(Reader *rd, Frame *frame, const uint8_t *p, const uint8_t *limit) noexcept:
    """The end-of-contents octets of an indefinite length at p; returns where they end."""
    if limit - p < 2:
        return <const uint8_t *>fail_short(rd, frame, p, limit, 2 - (limit - p))
    if p[0] != 0 or p[1] != 0:
        return <const uint8_t *>fail_found(
            rd, frame, frame.node, p, limit, Reason.END_OF_CONTENTS, "expected end-of-contents, found {found}"
        )
    return p + 2


# ── reading: primitive values ────────────────────────────────────────────────────────────────────────────────────

cdef inline void leave_to_counting(PyObject *value) noexcept:
    """Take a fresh value that can be in no cycle off the garbage collector's lists."""
    if PyObject_IS_GC(value):
        PyObject_GC_UnTrack(value)


cdef PyObject *read_odd_text(const uint8_t *p, Py_ssize_t n, bint visible) noexcept:
    """Text that is not ASCII, or that came as the second of two string types."""
    cdef PyObject *plain
    cdef bint latin = False
    plain = PyUnicode_DecodeUTF8(<const char *>p, n, NULL)
    if plain == NULL:
        if not PyErr_ExceptionMatches(PyExc_UnicodeError):
            return NULL
        PyErr_Clear()
        latin = True
        plain = PyUnicode_DecodeLatin1(<const char *>p, n, NULL)
        if plain == NULL:
            return NULL
    if not (visible or latin):
        return plain
    try:
        cls = Latin1VisibleString if latin and visible else Latin1String if latin else VisibleString
        text = cls(<object>plain)
    except BaseException as error:
        Py_DECREF(plain)
        set_exception(error)
        return NULL
    Py_DECREF(plain)
    Py_INCREF(<PyObject *>text)
    leave_to_counting(<PyObject *>text)
    return <PyObject *>text


cdef inline PyObject *read_text(const uint8_t *p, Py_ssize_t n, bint visible) noexcept:
    cdef PyObject *text
    if visible:
        return read_odd_text(p, n, True)
    if n == 1 and p[0] < 0x80:
        return PyUnicode_FromKindAndData(1, p, 1)  # Python keeps one of each of these
    text = PyUnicode_New(n, 127)
    if text == NULL or copy_octets(PyUnicode_1BYTE_DATA(text), p, n):
        return text
    Py_DECREF(text)
    return read_odd_text(p, n, False)


cdef PyObject *read_integer(Reader *rd, Frame *frame, const uint8_t *at, const uint8_t *p, Py_ssize_t n) noexcept:
    cdef int64_t small
    cdef Py_ssize_t i
    if n == 0:
        return fail(rd, frame, at, Reason.MALFORMED_VALUE, "expected an INTEGER of one octet or more, found none")
    if n > rd.most_integer_octets:
        return fail_limit(rd, frame, at, "integer_octets", rd.most_integer_octets, "octets of an INTEGER")
    if n > 1 and ((p[0] == 0 and not p[1] & 0x80) or (p[0] == 0xFF and p[1] & 0x80)):
        if not deviate(
            rd, frame, frame.node, at, p + n, p + n, Reason.NON_MINIMAL,
            "expected the shortest form of the INTEGER, found a longer one",
        ):
            return NULL
    if n <= 8:
        small = -1 if p[0] & 0x80 else 0
        for i in range(n):
            small = <int64_t>(<uint64_t>small << 8 | p[i])
        return PyLong_FromLongLong(small)
    try:
        number = int.from_bytes(PyBytes_FromStringAndSize(<const char *>p, n), "big", signed=True)
    except BaseException as error:
        set_exception(error)
        return NULL
    Py_INCREF(<PyObject *>number)
    return <PyObject *>number


cdef PyObject *read_enumerated(
    Reader *rd, Frame *frame, Node *node, const uint8_t *at, const uint8_t *p, Py_ssize_t n
) noexcept:
    cdef PyObject *value = read_integer(rd, frame, at, p, n)
    cdef PyObject *member
    cdef int overflow = 0
    cdef long long number
    if value == NULL:
        return NULL
    number = PyLong_AsLongLongAndOverflow(value, &overflow)
    if not overflow and node.first <= number < node.first + node.members_count:
        member = node.members[number - node.first]
        if member != NULL:
            Py_DECREF(value)
            Py_INCREF(member)
            return member
    try:
        found = f"{<object>value}" if n <= 20 else f"a number of {n} octets"
        words = f"expected a listed value of {{type}}, found {found}"
    except BaseException as error:
        set_exception(error)
    else:
        if deviate(rd, frame, node, at, p + n, p + n, Reason.UNLISTED_VALUE, words):
            return value
    Py_DECREF(value)
    return NULL


cdef PyObject *read_oid(Reader *rd, Frame *frame, const uint8_t *at, const uint8_t *p, Py_ssize_t n) noexcept:
    """The arcs in decimal; the first octets hold two arcs in one."""
    cdef Py_ssize_t i = 0, begin
    cdef uint64_t arc
    if n == 0:
        return fail(
            rd, frame, at, Reason.MALFORMED_VALUE, "expected an OBJECT IDENTIFIER of one octet or more, found none"
        )
    if p[n - 1] & 0x80:
        return fail(
            rd, frame, at, Reason.MALFORMED_VALUE, "expected a whole last arc, found its end cut off"
        )
    try:
        arcs = []
        while i < n:
            if p[i] == 0x80:
                return fail(
                    rd, frame, at, Reason.MALFORMED_VALUE, "expected the shortest form of an arc, found a leading 80"
                )
            if len(arcs) >= rd.most_arcs:
                return fail_limit(rd, frame, at, "oid_arcs", rd.most_arcs, "arcs of an OBJECT IDENTIFIER")
            begin = i
            arc = 0
            large = None
            while True:
                if i - begin >= rd.most_arc_octets:
                    return fail_limit(rd, frame, at, "oid_arc_octets", rd.most_arc_octets, "octets of an arc")
                if i - begin == 8:
                    large = arc
                if large is not None:
                    large = large << 7 | (p[i] & 0x7F)
                else:
                    arc = arc << 7 | (p[i] & 0x7F)
                i += 1
                if not p[i - 1] & 0x80:
                    break
            number = arc if large is None else large
            if not arcs:
                first = min(number // 40, 2)
                arcs.append(first)
                number -= 40 * first
            arcs.append(number)
        text = ".".join(map(str, arcs))
    except BaseException as error:
        set_exception(error)
        return NULL
    Py_INCREF(<PyObject *>text)
    return <PyObject *>text


cdef PyObject *make_bits(
    Reader *rd, Frame *frame, const uint8_t *at, const uint8_t *p, Py_ssize_t n, int unused
) noexcept:
    if unused > 7 or (unused > 0 and n == 0):
        return fail(rd, frame, at, Reason.MALFORMED_VALUE, "expected a BIT STRING of 0 to 7 unused bits, found more")
    try:
        bits = BitString(PyBytes_FromStringAndSize(<const char *>p, n), unused)
    except BaseException as error:
        set_exception(error)
        return NULL
    Py_INCREF(<PyObject *>bits)
    leave_to_counting(<PyObject *>bits)
    return <PyObject *>bits


cdef PyObject *read_primitive(
    Reader *rd, Frame *frame, Node *node, const uint8_t *at, bint other, const uint8_t *p, Py_ssize_t n
) noexcept:
    """A primitive value of n octets; `other`: it came as the second of two string types."""
    cdef PyObject *value
    cdef int kind = node.kind
    inside(p, n, rd.start, rd.end)
    if kind == STRING:
        return read_text(p, n, other)
    if kind == ENUMERATED:
        return read_enumerated(rd, frame, node, at, p, n)
    if kind == BOOLEAN:
        if n != 1:
            return fail(rd, frame, at, Reason.MALFORMED_VALUE, "expected a BOOLEAN of one octet, found another length")
        value = Py_True if p[0] else Py_False
        Py_INCREF(value)
        return value
    if kind == INTEGER:
        return read_integer(rd, frame, at, p, n)
    if kind == OBJECT_IDENTIFIER:
        return read_oid(rd, frame, at, p, n)
    if kind == OCTET_STRING:
        return bytes_new(<const char *>p, n)
    if kind == NULL_TYPE:
        if n != 0:
            return fail(rd, frame, at, Reason.MALFORMED_VALUE, "expected a NULL of no octets, found some")
        value = <PyObject *>NULL_VALUE
        Py_INCREF(value)
        return value
    # BIT STRING
    if n == 0:
        return fail(rd, frame, at, Reason.MALFORMED_VALUE, "expected a BIT STRING of one octet or more, found none")
    return make_bits(rd, frame, at, p + 1, n - 1, p[0])


cdef struct Joined:  # a constructed string, put together
    uint8_t *data
    Py_ssize_t size
    Py_ssize_t room
    Py_ssize_t segments
    uint8_t key  # of a segment, other than OCTET STRING's
    bint bits
    int unused


cdef const uint8_t *join(
    Reader *rd, Frame *frame, Joined *joined, int depth, const uint8_t *at,
    const uint8_t *p, const uint8_t *end, const uint8_t *limit
) noexcept:
    """Append the segments from p on; returns where the contents end.

    A segment is tagged 04, as X.690 8.23 says, or as the string type itself, as other writers have it; a BIT STRING's
    is tagged 03.
    """
    cdef Head head
    cdef uint8_t form
    cdef const uint8_t *stop = end if end != NULL else limit
    cdef Py_ssize_t n, room
    cdef uint8_t *larger
    if depth > rd.most_string_depth:
        return <const uint8_t *>fail_limit(
            rd, frame, at, "string_depth", rd.most_string_depth, "levels of constructed strings"
        )
    while True:
        if end != NULL and p == end:
            return p
        if end == NULL and p < stop and p[0] == 0:
            return read_end(rd, frame, p, stop)
        if not read_head(rd, frame, p, stop, &head):
            return NULL
        joined.segments += 1
        if joined.segments > rd.most_segments:
            return <const uint8_t *>fail_limit(
                rd, frame, p, "segments", rd.most_segments, "segments of a constructed string"
            )
        if not count(rd, frame, p, 1):
            return NULL
        form = p[0] & ~0x20
        if p[0] & 0x1F == 0x1F or (form != joined.key and (joined.bits or form != 4)):
            return <const uint8_t *>fail_found(
                rd, frame, frame.node, p, stop, Reason.MALFORMED_VALUE,
                "expected a segment of the constructed string, found {found}",
            )
        if p[0] & 0x20:
            p = join(rd, frame, joined, depth + 1, p, head.start, head.end, stop)
            if p == NULL:
                return NULL
            continue
        n = head.end - head.start
        p = head.start
        if joined.bits:
            if n == 0 or joined.unused:
                return <const uint8_t *>fail(
                    rd, frame, p, Reason.MALFORMED_VALUE,
                    "expected unused bits in the last segment only, found them before it",
                )
            joined.unused = p[0]
            p += 1
            n -= 1
        if n > joined.room - joined.size:
            room = 2 * joined.room + n
            larger = <uint8_t *>PyMem_Malloc(room)
            if larger == NULL:
                set_exception(MemoryError())
                return NULL
            if joined.size:
                memcpy(larger, joined.data, joined.size)
            PyMem_Free(joined.data)
            joined.data = larger
            joined.room = room
        if n:
            memcpy(joined.data + joined.size, p, n)
        joined.size += n
        p = head.end


cdef PyObject *read_constructed_string(
    Reader *rd, Frame *frame, Node *node, const uint8_t *at, bint other,
    const uint8_t *p, const uint8_t *end, const uint8_t *limit
) noexcept:
    cdef Joined joined
    cdef PyObject *value
    cdef const uint8_t *stop
    cdef const uint8_t *data
    memset(&joined, 0, sizeof(Joined))
    joined.key = <uint8_t>(node.other_key if other else node.key)
    joined.bits = node.kind == BIT_STRING
    stop = join(rd, frame, &joined, 1, at, p, end, limit)
    value = NULL
    if stop != NULL:
        rd.pos = stop
        data = joined.data
        if joined.size == 0:
            data = p  # any place will do for no octets
        if node.kind == STRING:
            value = read_text(data, joined.size, other)
        elif node.kind == OCTET_STRING:
            value = bytes_new(<const char *>data, joined.size)
        else:
            value = make_bits(rd, frame, at, data, joined.size, joined.unused)
    PyMem_Free(joined.data)
    return value


# ── reading: constructed values ──────────────────────────────────────────────────────────────────────────────────

cdef PyObject *read_perhaps_explicit_string(
    Reader *rd, Frame *frame, Node *node, const uint8_t *at,
    const uint8_t *p, const uint8_t *end, const uint8_t *limit
) noexcept:
    """In lenient reading, a constructed string under a tag of the module.

    One value with the tag of a string type is no segment: the tag is explicit where it should be implicit.
    """
    cdef PyObject *value
    cdef const uint8_t *stop = end if end != NULL else limit
    cdef int sole = NO
    if p < stop and is_string_tag(p[0]):
        sole = is_sole(rd, frame, p, end, stop)
    if sole == CANNOT_TELL:
        return NULL
    if sole == NO:
        return read_constructed_string(rd, frame, node, at, False, p, end, limit)
    if not deviate(
        rd, frame, node, at, p, stop, Reason.EXPLICIT_TAG, "expected {type} in place of the tag, found {inner} inside it"
    ):
        return NULL
    value = read_value(rd, frame, node, p, stop)
    return close_wrapper(rd, frame, value, end, limit)


cdef PyObject *read_contents(
    Reader *rd, Frame *frame, Node *node, const uint8_t *at, bint other,
    const uint8_t *p, const uint8_t *end, const uint8_t *limit
) noexcept:
    """The contents of a value whose tag was right; `end` is NULL where the length is indefinite.  Sets `rd.pos`."""
    if node.kind == SEQUENCE:
        return read_sequence(rd, frame, node, at, p, end, limit)
    if node.kind == SEQUENCE_OF:
        return read_sequence_of(rd, frame, node, at, p, end, limit)
    if at[0] & 0x20:
        if rd.deviations != NULL and node.kind == STRING and at[0] & 0xC0:
            return read_perhaps_explicit_string(rd, frame, node, at, p, end, limit)
        return read_constructed_string(rd, frame, node, at, other, p, end, limit)
    rd.pos = end
    return read_primitive(rd, frame, node, at, other, p, end - p)


cdef inline bint is_string(Node *node) noexcept:
    return node.kind == STRING or node.kind == OCTET_STRING or node.kind == BIT_STRING


cdef inline bint takes_implicit_tag(Node *node) noexcept:
    return node.key != 0 and node.other_key == 0 and node.kind != CHOICE and node.kind != ANY


cdef inline bint is_string_tag(uint8_t octet) noexcept:
    """UTF8String, NumericString to IA5String, GraphicString to UniversalString: all that hold text."""
    return octet == 12 or 18 <= octet <= 22 or 25 <= octet <= 28


cdef PyObject *unexpected(Reader *rd, Frame *frame, Node *node, const uint8_t *p, const uint8_t *limit) noexcept:
    """An error, or in lenient reading a string under another string type's tag."""
    cdef Head head
    cdef bint other_string
    if p < limit and 0 < node.key < 0x40 and not node.wrap and p[0] ^ 0x20 == node.key:
        if p[0] & 0x20:
            return fail_found(
                rd, frame, node, p, limit, Reason.WRONG_FORM, "expected {type} in the primitive form, found {found}"
            )
        return fail_found(
            rd, frame, node, p, limit, Reason.WRONG_FORM, "expected {type} in the constructed form, found {found}"
        )
    if limit - p >= 2 and p[0] == 0 and p[1] == 0:
        return fail_found(rd, frame, node, p, limit, Reason.END_OF_CONTENTS, "expected {type}, found {found}")
    other_string = p < limit and is_string_tag(p[0])
    if rd.deviations == NULL or node.kind != STRING or not other_string:
        return fail_found(rd, frame, node, p, limit, Reason.UNEXPECTED_TAG, "expected {type}, found {found}")
    if not read_head_quietly(rd, frame, p, limit, &head):
        return NULL
    if not deviate(
        rd, frame, node, p, head.end, limit, Reason.OTHER_STRING_TYPE, "expected {type}, found {found}"
    ):
        return NULL
    rd.pos = head.end
    return read_text(head.start, head.end - head.start, False)


cdef enum:  # what looking ahead says
    CANNOT_TELL = -1  # with an error set: the octets end, or are beyond a limit
    NO = 0
    YES = 1


cdef int look_on() noexcept:
    """Looking ahead has failed.  What is malformed is left for reading to find; what is not there is an error now."""
    if PyErr_ExceptionMatches(<PyObject *>TruncatedError) or PyErr_ExceptionMatches(<PyObject *>LimitError):
        return CANNOT_TELL
    PyErr_Clear()
    return NO


cdef int is_over(
    Reader *rd, Frame *frame, const uint8_t *p, const uint8_t *end, const uint8_t *limit
) noexcept:
    """Whether what is around p ends there; `end` is NULL where its length is indefinite."""
    if end != NULL:
        return p == end
    if limit - p < 2 and (p == limit or p[0] == 0):
        fail_short(rd, frame, p, limit, 2 - (limit - p))
        return look_on()
    return p[0] == 0 and p[1] == 0


cdef int is_sole(
    Reader *rd, Frame *frame, const uint8_t *p, const uint8_t *end, const uint8_t *limit
) noexcept:
    """Whether the value at p is the only one in what is around it."""
    cdef Py_ssize_t elements = rd.elements
    cdef const uint8_t *behind
    frame.depth += 1
    behind = skip(rd, frame, p, limit)
    frame.depth -= 1
    rd.elements = elements
    return look_on() if behind == NULL else is_over(rd, frame, behind, end, limit)


cdef PyObject *read_any_in_place(
    Reader *rd, Frame *frame, Node *node, const uint8_t *at,
    const uint8_t *p, const uint8_t *end, const uint8_t *limit
) noexcept:
    """The components of what an ANY should hold stand in the explicit tag, without its own tag: put that there."""
    cdef const uint8_t *q = p
    cdef Py_ssize_t n
    cdef PyObject *value
    cdef uint8_t head[16]
    cdef uint8_t *start
    cdef Writer w
    if not deviate(
        rd, frame, node.element, at, p, limit, Reason.IMPLICIT_TAG, "expected {type} inside the explicit tag, found {inner}"
    ):
        return NULL
    while q < limit and not (end == NULL and q[0] == 0):
        q = skip(rd, frame, q, limit)
        if q == NULL:
            return NULL
    n = q - p
    if end == NULL:
        q = read_end(rd, frame, q, limit)
        if q == NULL:
            return NULL
    rd.pos = q
    w.start = head
    w.end = head + 16
    start = put_head(&w, w.end, node.element.key, n)
    value = bytes_new(NULL, w.end - start + n)
    if value != NULL:
        memcpy(bytes_data(value), start, w.end - start)
        memcpy(bytes_data(value) + (w.end - start), p, n)
    return value


cdef PyObject *read_any(Reader *rd, Frame *frame, Node *node, const uint8_t *p, const uint8_t *limit) noexcept:
    """The octets of the tag-length-value at p; where it is known what they should be, another tag is a deviation."""
    cdef const uint8_t *end
    rd.kept_tag = NULL
    end = skip(rd, frame, p, limit)
    if end == NULL:
        return NULL
    if rd.kept_tag != NULL and not deviate(
        rd, frame, node, rd.kept_tag, rd.kept_tag + 2, limit, Reason.MALFORMED_TAG, LONG_TAG
    ):
        return NULL
    if rd.deviations != NULL and node.element != NULL and p[0] != node.element.key:
        if not deviate(
            rd, frame, node.element, p, end, limit, Reason.MISSING_EXTERNAL, "expected {type}, found {found}"
        ):
            return NULL
    rd.pos = end
    return bytes_new(<const char *>p, end - p)


cdef PyObject *read_value(Reader *rd, Frame *frame, Node *node, const uint8_t *p, const uint8_t *limit) noexcept:
    """The tag-length-value at p, as a value of the type; sets `rd.pos`."""
    cdef Head head
    cdef Identifier tag
    cdef int index
    cdef uint32_t form
    if node.kind == CHOICE:
        return read_choice(rd, frame, node, p, limit)
    if node.kind == ANY:
        return read_any(rd, frame, node, p, limit)
    if node.kind == UNION:
        if p >= limit:
            return fail_short(rd, frame, p, limit, 2)
        index = node.lead[p[0]]
        if index == NO_COMPONENT:
            if not read_identifier(rd, frame, p, limit, &tag):
                return NULL
            index = node.lead[tag.octets[0]]
            if index == NO_COMPONENT:
                return unexpected(rd, frame, node, p, limit)
        node = node.fields[index].node
        if frame.up == NULL:
            frame.node = node  # the frame that holds none: it names the outermost type
    if node.wrap:
        return read_wrapped(rd, frame, node, p, limit)
    if not read_head(rd, frame, p, limit, &head):
        return NULL
    if head.key == node.key or (head.key == node.other_key and node.other_key):
        return read_contents(rd, frame, node, p, head.key != node.key, head.start, head.end, limit)
    if is_string(node) and head.key & 0x20 and head.key < 0x100:
        form = head.key & ~<uint32_t>0x20
        if form == node.key or (form == node.other_key and node.other_key):
            return read_contents(rd, frame, node, p, form != node.key, head.start, head.end, limit)
    return unexpected(rd, frame, node, p, limit)


cdef PyObject *close_wrapper(
    Reader *rd, Frame *frame, PyObject *value, const uint8_t *end, const uint8_t *limit
) noexcept:
    """What is inside an explicit tag has been read: nothing else may be in it."""
    cdef const uint8_t *stop = rd.pos
    if value == NULL:
        return NULL
    if end != NULL:
        if stop == end:
            return value
        fail_found(
            rd, frame, frame.node, stop, end, Reason.MALFORMED_VALUE,
            "expected one value inside the explicit tag, found another: {found}",
        )
    else:
        stop = read_end(rd, frame, stop, limit)
        if stop != NULL:
            rd.pos = stop
            return value
    Py_DECREF(value)
    return NULL


cdef inline bint known(Node *node, const uint8_t *p) noexcept:
    """Whether a component may begin with the octet at p, in the other form too, and in the high form of a tag."""
    return (
        node.lead[p[0]] != NO_COMPONENT or node.lead[p[0] ^ 0x20] != NO_COMPONENT
        or (p[0] & 0x1F == 0x1F and p[0] & 0xC0 == 0x80)
    )


cdef PyObject *fail_wrapped(Reader *rd, Frame *frame, Node *node, const uint8_t *p, const uint8_t *limit) noexcept:
    """The header at p is refused.  What is cut off, and is not what was wanted either, is better called the latter: a
    text that begins like an APDU, say."""
    cdef const uint8_t *inner = contents_of(p, limit)
    if inner != NULL and inner < limit and inner[0] != node.key and (rd.deviations == NULL or not inner[0] & 0x80):
        PyErr_Clear()
        return fail_found(rd, frame, node, inner, limit, Reason.UNEXPECTED_TAG, "expected SEQUENCE, found {found}")
    return NULL


cdef PyObject *read_wrapped(Reader *rd, Frame *frame, Node *node, const uint8_t *p, const uint8_t *limit) noexcept:
    """``[APPLICATION n] EXPLICIT``: the tag holds a universal SEQUENCE."""
    cdef Head head, inner
    cdef PyObject *value
    cdef const uint8_t *stop
    if not read_head(rd, frame, p, limit, &head):
        return fail_wrapped(rd, frame, node, p, limit)
    if head.key != node.wrap:
        return unexpected(rd, frame, node, p, limit)
    stop = head.end if head.end != NULL else limit
    if not count(rd, frame, p, 2):
        return NULL
    if rd.deviations != NULL and head.start < stop and head.start[0] & 0x80:  # no universal tag: it is a component
        if not deviate(
            rd, frame, node, p, head.start, limit, Reason.IMPLICIT_TAG,
            "expected a SEQUENCE inside the APPLICATION tag, found {inner}",
        ):
            return NULL
        return read_sequence(rd, frame, node, p, head.start, head.end, limit)
    if head.start == head.end:
        return fail_found(
            rd, frame, node, head.start, stop, Reason.MISSING_COMPONENT, "expected SEQUENCE, found the end of {type}"
        )
    if not read_head(rd, frame, head.start, stop, &inner):
        return NULL
    if inner.key != node.key:
        return fail_found(
            rd, frame, node, head.start, stop, Reason.UNEXPECTED_TAG, "expected SEQUENCE, found {found}"
        )
    frame.depth += 1
    value = read_sequence(rd, frame, node, head.start, inner.start, inner.end, stop)
    frame.depth -= 1
    return close_wrapper(rd, frame, value, head.end, limit)


cdef int lacks_explicit_tag(
    Reader *rd, Frame *frame, Node *node, const uint8_t *p, const uint8_t *end, const uint8_t *limit
) noexcept:
    """In lenient reading: whether what stands where an explicit tag wraps a value is that value's contents."""
    cdef Py_ssize_t i
    cdef int sole
    if not takes_implicit_tag(node) or p >= limit or p[0] == 0 or p[0] & 0xDF == 0x1F:  # 1f: a tag in the high form
        return NO
    if p[0] != node.key:
        return not (is_string(node) and (p[0] == (node.key | 0x20) or is_string_tag(p[0])))
    if node.kind != SEQUENCE_OF or node.element.key != 0x30 or limit - p < 3:
        return NO
    # 30 .. 30 is a list of SEQUENCEs, 30 .. 80 the first of them: look one level deeper (Overdue's extensions)
    i = 2 + (p[1] & 0x7F if p[1] > 0x80 else 0)
    if i < limit - p and p[i] != 0x30 and p[i] != 0:
        return YES
    sole = is_sole(rd, frame, p, end, limit)
    return sole if sole == CANNOT_TELL else sole == NO


cdef PyObject *read_explicit(
    Reader *rd, Frame *frame, Node *node, const uint8_t *at,
    const uint8_t *p, const uint8_t *end, const uint8_t *limit
) noexcept:
    """What is inside an explicit tag."""
    cdef PyObject *value
    cdef int sole, bare
    cdef const uint8_t *stop = end if end != NULL else limit
    if deep(rd, frame, at):
        return NULL
    if rd.deviations != NULL and node.kind == ANY and node.element != NULL and p < stop and known(node.element, p):
        sole = is_sole(rd, frame, p, end, stop)
        if sole == CANNOT_TELL:
            return NULL
        if sole == NO:
            return read_any_in_place(rd, frame, node, at, p, end, stop)
    if rd.deviations != NULL and node.other_key and p < stop and p[0] & 0xDF == 4:  # segments: an implicit ILL-String
        if not deviate(
            rd, frame, node, at, p, stop, Reason.IMPLICIT_TAG, "expected {type} inside the explicit tag, found {inner}"
        ):
            return NULL
        return read_constructed_string(rd, frame, node, at, False, p, end, limit)
    bare = NO
    if rd.deviations != NULL:
        bare = lacks_explicit_tag(rd, frame, node, p, end, stop)
        if bare == CANNOT_TELL:
            return NULL
    if bare == YES:
        if not deviate(
            rd, frame, node, at, p, stop, Reason.IMPLICIT_TAG, "expected {type} inside the explicit tag, found {inner}"
        ):
            return NULL
        if node.kind == SEQUENCE or node.kind == SEQUENCE_OF:
            return read_contents(rd, frame, node, at, False, p, end, limit)
    if p == end:
        return fail_found(
            rd, frame, node, at, stop, Reason.MALFORMED_VALUE, "expected {type} inside the explicit tag, found nothing"
        )
    frame.depth += 1
    value = read_value(rd, frame, node, p, stop)
    frame.depth -= 1
    return close_wrapper(rd, frame, value, end, limit)


cdef inline PyObject *read_component(
    Reader *rd, Frame *frame, Field *field, const uint8_t *p, const uint8_t *q, const uint8_t *limit
) noexcept:
    """The component at p, whose identifier ends at q; sets `rd.pos`."""
    cdef const uint8_t *end
    cdef Node *node = field.node
    cdef PyObject *value
    cdef Py_ssize_t n
    if field.read == READ_UNTAGGED:
        return read_value(rd, frame, node, p, limit)
    if q >= limit:
        return fail_short(rd, frame, p, limit, 1)
    inside(q, 1, rd.start, rd.end)
    n = q[0]
    if n < 0x80:
        q += 1
    else:
        q = read_long_length(rd, frame, p, q, limit, &n)
        if q == NULL:
            return NULL
        if n < 0:
            if not p[0] & 0x20:
                return fail(
                    rd, frame, p, Reason.MALFORMED_LENGTH, "expected a definite length of a primitive value, found none"
                )
            if field.read == READ_IMPLICIT:
                return read_contents(rd, frame, node, p, False, q, NULL, limit)
            return read_explicit(rd, frame, node, p, q, NULL, limit)
    if n > limit - q:
        return fail_short(rd, frame, p, limit, n - (limit - q))
    end = q + n
    inside(q, n, rd.start, rd.end)
    if field.read == READ_TEXT:  # the shape of most components: aN len 1b len text
        if n >= 2 and q[0] == node.key and q[1] == n - 2 and n < 0x82 and frame.depth <= rd.most_depth:
            rd.pos = end
            return read_text(q + 2, n - 2, False)
        return read_explicit(rd, frame, node, p, q, end, limit)
    if field.read == READ_IMPLICIT:
        if node.kind == SEQUENCE:
            return read_sequence(rd, frame, node, p, q, end, limit)
        if node.kind == STRING and not p[0] & 0x20:
            rd.pos = end
            return read_text(q, n, False)
        if node.kind == ENUMERATED and n == 1 and q[0] < 0x80 and node.first <= q[0] < node.first + node.members_count:
            value = node.members[q[0] - node.first]
            if value != NULL:
                rd.pos = end
                Py_INCREF(value)
                return value
        return read_contents(rd, frame, node, p, False, q, end, limit)
    return read_explicit(rd, frame, node, p, q, end, limit)


cdef inline PyObject **slot_of(PyObject *instance, Field *field) noexcept:
    return <PyObject **>(<char *>instance + field.offset)


cdef inline bint has_key(Field *field, uint32_t key) noexcept:
    """Whether a component begins with an identifier of two octets; a string may be constructed as well."""
    if field.key == key:
        return True
    return field.read == READ_IMPLICIT and is_string(field.node) and (field.key ^ key) == 0x2000


cdef inline int find(Node *node, const uint8_t *p, const uint8_t *limit, const uint8_t **q) noexcept:
    """The component that begins with the identifier at p, or NO_COMPONENT, and where that identifier ends."""
    cdef int index = node.lead[p[0]]
    q[0] = p + 1
    if index == HIGH_TAG:
        if p + 1 >= limit or p[1] & 0x80:
            return NO_COMPONENT
        index = node.high[p[1]]
        q[0] = p + 2
        if index == NO_COMPONENT:
            return NO_COMPONENT
        if node.fields[index].read != READ_UNTAGGED and not has_key(&node.fields[index], <uint32_t>p[0] << 8 | p[1]):
            return NO_COMPONENT
    return index


cdef struct Identifier:  # identifier octets as they should be: `find` looks them up
    uint8_t octets[2]
    const uint8_t *end  # of those that are there


cdef bint read_identifier(
    Reader *rd, Frame *frame, const uint8_t *p, const uint8_t *limit, Identifier *tag
) noexcept:
    """The identifier at p, in one octet where it should have been in one; False with an error set where it is none."""
    cdef uint32_t key
    tag.octets[0] = p[0]
    tag.octets[1] = p[1] if p + 1 < limit else 0x80
    tag.end = p + 1
    if p[0] & 0x1F == 0x1F:
        tag.end = read_long_tag(rd, frame, p, limit, &key)
        if tag.end == NULL:
            return False
        if key <= 0xFF and key != 0:
            tag.octets[0] = <uint8_t>key
    return True


cdef int find_other_form(Node *node, Identifier *tag) noexcept:
    """The component whose tag is that one but for the constructed bit; NO_COMPONENT where there is none."""
    cdef uint8_t flipped[2]
    cdef const uint8_t *q
    flipped[0] = tag.octets[0] ^ 0x20
    flipped[1] = tag.octets[1]
    return find(node, flipped, flipped + 2, &q)


cdef PyObject *read_other_form(
    Reader *rd, Frame *frame, Field *field, const uint8_t *p, const uint8_t *limit
) noexcept:
    """A component with the constructed bit the wrong way: implicit where explicit is meant, or the reverse."""
    cdef Head head
    cdef Node *node = field.node
    cdef PyObject *value
    cdef bint constructed = p[0] & 0x20
    if field.read == READ_UNTAGGED and node.kind == CHOICE:
        return read_choice(rd, frame, node, p, limit)  # it is for an alternative to judge
    if not read_head(rd, frame, p, limit, &head):
        return NULL
    words = (
        "expected {component}, found {found} of the constructed form"
        if constructed else "expected {component}, found {found} of the primitive form"
    )
    if rd.deviations != NULL and constructed and field.read == READ_IMPLICIT:
        if not deviate(rd, frame, node, p, head.start, limit, Reason.EXPLICIT_TAG, words):
            return NULL
        value = read_value(rd, frame, node, head.start, head.end if head.end != NULL else limit)
        return close_wrapper(rd, frame, value, head.end, limit)
    if rd.deviations != NULL and not constructed and field.read != READ_IMPLICIT and is_primitive(node):
        if not deviate(rd, frame, node, p, head.start, limit, Reason.IMPLICIT_TAG, words):
            return NULL
        rd.pos = head.end
        return read_primitive(rd, frame, node, p, False, head.start, head.end - head.start)
    return fail_found(rd, frame, node, p, limit, Reason.WRONG_FORM, words)


cdef inline bint is_primitive(Node *node) noexcept:
    return node.kind < SEQUENCE


cdef PyObject *fail_missing(
    Reader *rd, Frame *frame, Node *node, int index, const uint8_t *p, const uint8_t *limit
) noexcept:
    frame.at = index
    if p >= limit:
        return fail_found(
            rd, frame, node, p, limit, Reason.MISSING_COMPONENT, "expected {component}, found {found} of {type}"
        )
    return fail_found(rd, frame, node, p, limit, Reason.MISSING_COMPONENT, "expected {component}, found {found}")


cdef inline int lowest(uint64_t bits) noexcept:
    cdef int index = 0
    while not bits & 1:
        bits >>= 1
        index += 1
    return index


cdef enum:  # what `read_odd` found
    ODD_ERROR = 0
    ODD_END = 1  # end-of-contents: the SEQUENCE is over
    ODD_SKIPPED = 2  # something that is kept aside
    ODD_VALUE = 3  # a component after all


cdef int find_other_string(Node *node, const uint8_t *p) noexcept:
    """The untagged text component that what stands at p may be, under another string type's tag; or NO_COMPONENT.

    libyaz 5.34 writes the descriptor of an EXTERNAL as GraphicString, where ObjectDescriptor is meant (measured).
    """
    cdef int index
    cdef Field *field
    if is_string_tag(p[0]):
        for index in range(node.count):
            field = &node.fields[index]
            if field.node.kind == STRING and field.key == field.node.key:
                return index
    return NO_COMPONENT


cdef int read_odd(
    Reader *rd, Frame *frame, Node *node, PyObject *instance, const uint8_t *p, const uint8_t *limit,
    bint indefinite, int next, PyObject **value, int *index
) noexcept:
    """What stands at p is not the next component of the SEQUENCE.  Sets `rd.pos` unless it is an error."""
    cdef const uint8_t *q
    cdef Identifier tag
    cdef bint duplicate, ordered
    cdef int found
    frame.at = -1
    if p[0] == 0:
        if not indefinite:
            fail(
                rd, frame, p, Reason.END_OF_CONTENTS, "expected a component, found end-of-contents in a definite length"
            )
            return ODD_ERROR
        q = read_end(rd, frame, p, limit)
        if q == NULL:
            return ODD_ERROR
        rd.pos = q
        return ODD_END
    if not read_identifier(rd, frame, p, limit, &tag):
        return ODD_ERROR
    found = find(node, tag.octets, tag.octets + 2, &q)
    ordered = found != NO_COMPONENT
    if not ordered:
        found = find_other_form(node, &tag)
        if found == NO_COMPONENT:
            found = find_other_string(node, p)
    if found != NO_COMPONENT:
        index[0] = found
        duplicate = slot_of(instance, &node.fields[found])[0] != (
            <PyObject **>(node.body + node.fields[found].offset - <Py_ssize_t>sizeof(PyObject))
        )[0]
        if found < next:
            frame.at = found
            q = p
            if rd.deviations != NULL and duplicate:
                q = skip(rd, frame, p, limit)
                if q == NULL:
                    return ODD_ERROR
                rd.pos = q
            reason = Reason.DUPLICATE_COMPONENT if duplicate else Reason.OUT_OF_ORDER
            words = "expected {component} once, found it again"
            if not duplicate:
                words = "expected {component} earlier, found it here"
            if not deviate(rd, frame, node, p, q, limit, reason, words):
                return ODD_ERROR
            if duplicate:
                return ODD_SKIPPED
        frame.at = found
        if ordered:
            value[0] = read_component(rd, frame, &node.fields[found], p, tag.end, limit)
        elif is_string_tag(p[0]):
            value[0] = read_value(rd, frame, node.fields[found].node, p, limit)
        else:
            value[0] = read_other_form(rd, frame, &node.fields[found], p, limit)
        return ODD_ERROR if value[0] == NULL else ODD_VALUE
    q = p
    if rd.deviations != NULL:
        q = skip(rd, frame, p, limit)
        if q == NULL:
            return ODD_ERROR
        rd.pos = q
    words = "expected a component of {type}, found {found}"
    return ODD_SKIPPED if deviate(rd, frame, node, p, q, limit, Reason.UNKNOWN_COMPONENT, words) else ODD_ERROR


cdef PyObject *read_extra_sequence(
    Reader *rd, Frame *up, Node *node, const uint8_t *p, const uint8_t *end, const uint8_t *limit
) noexcept:
    """In lenient reading, a universal SEQUENCE at p inside one that is tagged already, and its sole content."""
    cdef Head head
    cdef PyObject *value
    cdef const uint8_t *stop = end if end != NULL else limit
    if not read_head(rd, up, p, stop, &head):
        return NULL
    if not deviate(
        rd, up, node, p, head.start, stop, Reason.EXTRA_SEQUENCE,
        "expected the components of {type}, found a SEQUENCE around them",
    ):
        return NULL
    up.depth += 1
    value = read_sequence(rd, up, node, p, head.start, head.end, stop)
    up.depth -= 1
    return close_wrapper(rd, up, value, end, limit)


cdef PyObject *abandon(Node *node, PyObject *instance, Py_ssize_t filled_optionals) noexcept:
    """Let go of an instance whose None slots have not been counted yet."""
    count_none(node.optionals - filled_optionals)
    Py_DECREF(instance)
    return NULL


cdef PyObject *read_sequence(
    Reader *rd, Frame *up, Node *node, const uint8_t *at,
    const uint8_t *p, const uint8_t *end, const uint8_t *limit
) noexcept:
    """The components from p on; `end` is NULL where the length is indefinite.  Sets `rd.pos`."""
    cdef Frame frame
    cdef PyObject *instance
    cdef PyObject *value = NULL
    cdef PyObject **slot
    cdef Field *field
    cdef const uint8_t *q
    cdef bint indefinite = end == NULL
    cdef int next = 0  # the first component that may still come
    cdef int index, odd
    cdef Py_ssize_t filled_optionals = 0, elements = 0
    cdef uint64_t gap
    if deep(rd, up, at):
        return NULL
    if not indefinite:
        limit = end
    if rd.deviations != NULL and p < limit and p[0] == 0x30 and node.lead[0x30] == NO_COMPONENT:
        index = is_sole(rd, up, p, end, limit)
        if index == CANNOT_TELL:
            return NULL
        if index == YES:
            return read_extra_sequence(rd, up, node, p, end, limit)
    instance = new_instance(node.cls)
    if instance == NULL:
        return NULL
    copy_slots(body_of(instance), node.body, node.body_size)
    frame.up = up
    frame.node = node
    frame.at = -1
    frame.depth = up.depth + 1
    while p < limit:
        inside(p, 1, rd.start, rd.end)
        index = find(node, p, limit, &q)
        if index < next or index == NO_COMPONENT:
            index = 0
            odd = read_odd(rd, &frame, node, instance, p, limit, indefinite, next, &value, &index)
            if odd == ODD_ERROR:
                return abandon(node, instance, filled_optionals)
            p = rd.pos
            if odd == ODD_END:
                indefinite = False
                break
            if odd == ODD_SKIPPED:
                continue
            field = &node.fields[index]
        else:
            gap = node.required & ((<uint64_t>1 << index) - (<uint64_t>1 << next))
            if gap and rd.deviations == NULL:
                fail_missing(rd, &frame, node, lowest(gap), p, limit)
                return abandon(node, instance, filled_optionals)
            frame.at = index
            field = &node.fields[index]
            value = read_component(rd, &frame, field, p, q, limit)
            if value == NULL:
                return abandon(node, instance, filled_optionals)
            p = rd.pos
        slot_of(instance, field)[0] = value
        filled_optionals += field.optional
        elements += field.tags
        if index >= next:
            next = index + 1
    frame.at = -1
    if indefinite:
        fail_short(rd, &frame, p, limit, 2)
        return abandon(node, instance, filled_optionals)
    gap = node.required & ~((<uint64_t>1 << next) - 1 if next < 64 else ~<uint64_t>0)
    if rd.deviations != NULL:
        gap = 0
        for index in range(node.count):
            if node.required >> index & 1 and slot_of(instance, &node.fields[index])[0] == NULL:
                gap |= <uint64_t>1 << index
    if gap:
        fail_missing(rd, &frame, node, lowest(gap), p, p)
        return abandon(node, instance, filled_optionals)
    for index in range(node.defaults_count):
        field = &node.fields[node.defaults[index]]
        slot = slot_of(instance, field)
        if slot[0] == NULL:
            Py_INCREF(field.default)
            slot[0] = field.default
    count_none(node.optionals - filled_optionals)
    if not count(rd, up, at, elements):
        Py_DECREF(instance)
        return NULL
    rd.pos = p
    return instance


cdef inline bint may_lack_sequence(Node *element) noexcept:
    """Whether 30 in place of an element, or 30 in place of what is in one, can only be a SEQUENCE too many."""
    if element.kind == SEQUENCE:
        return element.lead[0x30] == NO_COMPONENT
    return element.kind < SEQUENCE


cdef PyObject *read_sequence_of(
    Reader *rd, Frame *up, Node *node, const uint8_t *at,
    const uint8_t *p, const uint8_t *end, const uint8_t *limit
) noexcept:
    """The elements from p on, as a tuple; `end` is NULL where the length is indefinite.  Sets `rd.pos`."""
    cdef Head head
    cdef PyObject *value
    cdef const uint8_t *stop = end if end != NULL else limit
    cdef int wrapped = NO
    if deep(rd, up, at):
        return NULL
    if rd.deviations != NULL and p < stop and p[0] == 0x30 and may_lack_sequence(node.element):
        wrapped = is_sole(rd, up, p, end, stop)
        if wrapped == YES:
            if not read_head_quietly(rd, up, p, stop, &head):
                return NULL
            if node.element.key == 0x30:
                wrapped = holds_sequences(rd, up, &head, stop)
        if wrapped == CANNOT_TELL:
            return NULL
        if wrapped == YES:
            if not read_head(rd, up, p, stop, &head) or not deviate(
                rd, up, node, p, head.start, stop, Reason.EXTRA_SEQUENCE,
                "expected the elements of {type}, found a SEQUENCE around them",
            ):
                return NULL
            up.depth += 1
            value = read_elements(rd, up, node, head.start, head.end, stop)
            up.depth -= 1
            return close_wrapper(rd, up, value, end, limit)
    return read_elements(rd, up, node, p, end, limit)


cdef int holds_sequences(Reader *rd, Frame *frame, Head *head, const uint8_t *limit) noexcept:
    """Whether a SEQUENCE holds two or more SEQUENCEs and nothing else: a list, and no element of one."""
    cdef Py_ssize_t elements = rd.elements
    cdef const uint8_t *stop = head.end if head.end != NULL else limit
    cdef const uint8_t *p = head.start
    cdef int found = 0
    frame.depth += 2
    while p != NULL and p < stop and p[0] == 0x30:
        p = skip(rd, frame, p, stop)
        found += 1
    frame.depth -= 2
    rd.elements = elements
    if p == NULL:
        return look_on()
    return found > 1 and is_over(rd, frame, p, head.end, stop)


cdef PyObject *read_elements(
    Reader *rd, Frame *up, Node *node, const uint8_t *p, const uint8_t *end, const uint8_t *limit
) noexcept:
    """`read_sequence_of`, once it is known where the elements are."""
    cdef Frame frame
    cdef PyObject *some[16]
    cdef PyObject *listed = NULL  # where there are more than fit in `some`
    cdef PyObject *result = NULL
    cdef PyObject *value
    cdef Py_ssize_t held = 0, i
    cdef bint whole = False
    if end != NULL:
        limit = end
    frame.up = up
    frame.node = node
    frame.at = 0
    frame.depth = up.depth + 1
    while True:
        if p >= limit:
            whole = end != NULL
            if not whole:
                fail_short(rd, &frame, p, limit, 2)
            break
        if end == NULL and p[0] == 0:
            p = read_end(rd, &frame, p, limit)
            whole = p != NULL
            break
        if not count(rd, &frame, p, node.element.kind != CHOICE and node.element.kind != ANY):
            break
        value = read_value(rd, &frame, node.element, p, limit)
        if value == NULL:
            break
        p = rd.pos
        frame.at += 1
        if held < 16:
            some[held] = value
            held += 1
        else:
            if listed == NULL:
                listed = PyList_New(0)
            if listed == NULL or PyList_Append(listed, value) < 0:
                Py_DECREF(value)
                break
            Py_DECREF(value)
    if whole:
        rd.pos = p
        result = PyTuple_New(held + (0 if listed == NULL else len(<list>listed)))
        if result != NULL:
            PyObject_GC_UnTrack(result)
            for i in range(held):
                PyTuple_SET_ITEM(result, i, some[i])
            held = 0
            if listed != NULL:
                for i in range(len(<list>listed)):
                    value = <PyObject *>(<list>listed)[i]
                    Py_INCREF(value)
                    PyTuple_SET_ITEM(result, 16 + i, value)
    for i in range(held):
        Py_DECREF(some[i])
    if listed != NULL:
        Py_DECREF(listed)
    return result


cdef PyObject *read_choice(Reader *rd, Frame *up, Node *node, const uint8_t *p, const uint8_t *limit) noexcept:
    """The alternative at p; sets `rd.pos`."""
    cdef Frame frame
    cdef PyObject *instance
    cdef PyObject *value
    cdef Field *field
    cdef const uint8_t *q = NULL
    cdef const uint8_t *end
    cdef Identifier tag
    cdef int index
    cdef bint ordered
    if p >= limit:
        return fail_short(rd, up, p, limit, 2)
    index = find(node, p, limit, &q)
    ordered = index != NO_COMPONENT
    if not ordered:
        if not read_identifier(rd, up, p, limit, &tag):
            return NULL
        index = find(node, tag.octets, tag.octets + 2, &end)
        ordered = index != NO_COMPONENT
        q = tag.end
        if not ordered:
            index = find_other_form(node, &tag)
            if index == NO_COMPONENT:
                return unexpected(rd, up, node, p, limit)
    field = &node.fields[index]
    frame.up = up
    frame.node = node
    frame.at = index
    frame.depth = up.depth
    if ordered:
        value = read_component(rd, &frame, field, p, q, limit)
    else:
        value = read_other_form(rd, &frame, field, p, limit)
    if value == NULL:
        return NULL
    instance = NULL
    if count(rd, up, p, field.tags):
        instance = new_instance(node.cls)
    if instance == NULL:
        Py_DECREF(value)
        return NULL
    copy_slots(body_of(instance), node.body, node.body_size)
    slot_of(instance, field)[0] = value
    count_none(node.optionals - 1)
    return instance



cdef const uint8_t *contents_of(const uint8_t *p, const uint8_t *end) noexcept:
    """Where the contents of the value at p begin; NULL where its header is cut off or malformed."""
    cdef Py_ssize_t octets
    if p >= end:
        return NULL
    if p[0] & 0x1F == 0x1F:
        p += 1
        while p < end and p[0] & 0x80:
            p += 1
    p += 1
    if p >= end:
        return NULL
    octets = p[0] & 0x7F if p[0] & 0x80 else 0
    if octets > 8 or octets > end - p - 1:
        return NULL
    return p + 1 + octets


cdef bint is_enclosed(const uint8_t *first, const uint8_t *at, const uint8_t *end) noexcept:
    """Whether `at` is inside a value of definite length that is all there, so that further octets would not help it.

    Looked at only where an error is being made of a value of indefinite length.
    """
    cdef const uint8_t *p = first
    cdef Py_ssize_t size
    while p < at:
        size = declared_size(p, end)
        if size >= 0:
            if size > end - p:
                return False
            if at - p < size:
                return True
            p += size
        else:
            p = contents_of(p, end)
            if p == NULL:
                return False
    return False


cdef Py_ssize_t declared_size(const uint8_t *p, const uint8_t *end) noexcept:
    """Octets of the whole value at p, as far as its header tells; -1 where it is indefinite, cut off, malformed."""
    cdef const uint8_t *start = contents_of(p, end)
    cdef const uint8_t *q
    cdef uint64_t n = 0
    if start == NULL:
        return -1
    q = p + 1
    if p[0] & 0x1F == 0x1F:
        while q[0] & 0x80:
            q += 1
        q += 1
    if q[0] == 0x80:
        return -1
    if q[0] < 0x80:
        n = q[0]
    while q + 1 < start:
        q += 1
        n = n << 8 | q[0]
    if n > <uint64_t>PY_SSIZE_T_MAX >> 1:  # more than there can be, whatever the header adds
        n = <uint64_t>PY_SSIZE_T_MAX >> 1
    return (start - p) + <Py_ssize_t>n


# ── writing ──────────────────────────────────────────────────────────────────────────────────────────────────────

cdef struct Writer:
    uint8_t *start
    uint8_t *end
    bint defaults  # write components that have their default
    bint full  # there was no room

cdef enum:
    SMALL = 64  # room for any value that is no text and no octets
    HEADS = 40  # room for what one level puts before a value: three identifiers and lengths of 11 octets at most
    DEEPEST = 256  # of constructed values; the most that `Limits.depth` lets a reader take


cdef uint8_t *refuse(Frame *frame, reason, str detail) noexcept:
    """Raise an EncodeError; returns NULL."""
    try:
        set_exception(EncodeError(reason, detail, _path(frame) if frame.up != NULL else ""))
    except BaseException as error:
        set_exception(error)
    return NULL


cdef uint8_t *refuse_type(Frame *frame, Node *node, PyObject *value) noexcept:
    try:
        described = (<Table>node.table).type
        wanted = {
            Kind.BOOLEAN: "bool", Kind.INTEGER: "int", Kind.STRING: "str", Kind.OBJECT_IDENTIFIER: "str",
            Kind.NULL: "NULL", Kind.OCTET_STRING: "bytes", Kind.ANY: "bytes", Kind.BIT_STRING: "BitString",
            Kind.SEQUENCE_OF: "tuple",
        }.get(described.kind)
        wanted = described.name if described.python is None and wanted is None else wanted or described.python.__name__
        found = "nothing" if value == NULL else "None" if value == Py_None else type(<object>value).__name__
        return refuse(
            frame, Reason.MISSING_COMPONENT if value == Py_None else Reason.WRONG_TYPE,
            f"expected {wanted}, found {found}",
        )
    except BaseException as error:
        set_exception(error)
        return NULL


cdef uint8_t *refuse_value(Frame *frame, str wanted, PyObject *value) noexcept:
    try:
        return refuse(frame, Reason.UNWRITABLE_VALUE, f"expected {wanted}, found {(<object>value)!r:.60}")
    except BaseException as error:
        set_exception(error)
        return NULL


cdef inline bint has_room(Writer *w, Frame *frame, uint8_t *p, Py_ssize_t n) noexcept:
    """Whether n octets go before p, and before these a small value and all the heads of what is being written.

    Asked before each component and each text, so that nothing else has to be asked on the way back to the outermost.
    """
    if p - w.start < n + frame.reserve:
        w.full = True
        return False
    return True


cdef inline uint8_t *put_head(Writer *w, uint8_t *p, uint32_t key, Py_ssize_t n) noexcept:
    """Identifier and shortest length before the n octets at p; `has_room` has seen to the room."""
    cdef int octets = 0
    if n < 0x80:
        p -= 1
        p[0] = <uint8_t>n
    else:
        while n:
            p -= 1
            p[0] = <uint8_t>n
            n >>= 8
            octets += 1
        p -= 1
        p[0] = <uint8_t>(0x80 | octets)
    if key > 0xFF:
        p -= 1
        p[0] = <uint8_t>key
        key >>= 8
    p -= 1
    p[0] = <uint8_t>key
    inside(p, 1, w.start, w.end)
    return p


cdef uint8_t *put_octets(Writer *w, Frame *frame, const char *data, Py_ssize_t n, uint8_t *p) noexcept:
    if not has_room(w, frame, p, n):
        return NULL
    p -= n
    inside(p, n, w.start, w.end)
    memcpy(p, data, n)
    return p


cdef uint8_t *put_odd_text(Writer *w, Frame *frame, Node *node, PyObject *value, uint8_t *p) noexcept:
    """Text that is not ASCII, or not a plain ``str``."""
    cdef Py_ssize_t n = 0
    cdef const char *data
    if not PyUnicode_Check(value):
        return refuse_type(frame, node, value)
    try:
        if isinstance(<object>value, Latin1String):
            octets = str.encode(<object>value, "latin-1")
            return put_octets(w, frame, PyBytes_AS_STRING(octets), PyBytes_GET_SIZE(octets), p)
    except BaseException as error:
        set_exception(error)
        return NULL
    data = PyUnicode_AsUTF8AndSize(value, &n)
    if data == NULL:
        if not PyErr_ExceptionMatches(PyExc_UnicodeError):
            return NULL
        PyErr_Clear()
        return refuse_value(frame, "text without lone surrogates", value)
    return put_octets(w, frame, data, n, p)


cdef inline uint8_t *put_text(Writer *w, Frame *frame, Node *node, PyObject *value, uint8_t *p) noexcept:
    cdef Py_ssize_t n
    if PyUnicode_CheckExact(value) and PyUnicode_IS_COMPACT_ASCII(value):
        n = PyUnicode_GET_LENGTH(value)
        if not has_room(w, frame, p, n):
            return NULL
        p -= n
        inside(p, n, w.start, w.end)
        copy_octets(p, PyUnicode_1BYTE_DATA(value), n)
        return p
    return put_odd_text(w, frame, node, value, p)


cdef uint8_t *put_integer(Writer *w, Frame *frame, PyObject *value, uint8_t *p) noexcept:
    """An int of any size in the fewest octets."""
    cdef int overflow = 0
    cdef long long number = PyLong_AsLongLongAndOverflow(value, &overflow)
    cdef uint8_t octet
    if not overflow:
        while True:
            octet = <uint8_t>number
            p -= 1
            p[0] = octet
            number >>= 8
            if (number == 0 and not octet & 0x80) or (number == -1 and octet & 0x80):
                return p
    try:
        large = int(<object>value)
        octets = large.to_bytes((large + (large < 0)).bit_length() // 8 + 1, "big", signed=True)
        return put_octets(w, frame, PyBytes_AS_STRING(octets), PyBytes_GET_SIZE(octets), p)
    except BaseException as error:
        set_exception(error)
        return NULL


def _is_arc(text):
    return text.isascii() and text.isdigit() and (text == "0" or text[0] != "0") and len(text) < 2500


cdef bytes _oid_octets(str text):
    """The contents of an OBJECT IDENTIFIER; None where the text is none."""
    arcs = text.split(".")
    if len(arcs) < 2 or not all(map(_is_arc, arcs)):
        return None
    numbers = [int(arc) for arc in arcs]
    if numbers[0] > 2 or (numbers[0] < 2 and numbers[1] > 39):
        return None
    octets = bytearray()
    for number in [numbers[0] * 40 + numbers[1], *numbers[2:]]:
        arc = [number & 0x7F]
        while number > 0x7F:
            number >>= 7
            arc.append(0x80 | (number & 0x7F))
        octets.extend(reversed(arc))
    return bytes(octets)


cdef uint8_t *put_oid(Writer *w, Frame *frame, Node *node, PyObject *value, uint8_t *p) noexcept:
    if not PyUnicode_Check(value):
        return refuse_type(frame, node, value)
    try:
        octets = _oid_octets(<object>value)
        if octets is None:
            return refuse_value(frame, "an object identifier as 1.0.10161.13.3", value)
        return put_octets(w, frame, PyBytes_AS_STRING(octets), PyBytes_GET_SIZE(octets), p)
    except BaseException as error:
        set_exception(error)
        return NULL


cdef uint8_t *put_bits(Writer *w, Frame *frame, Node *node, PyObject *value, uint8_t *p) noexcept:
    try:
        if not isinstance(<object>value, BitString):
            return refuse_type(frame, node, value)
        octets = (<object>value).octets
        unused = (<object>value).unused
        if type(octets) is not bytes or type(unused) is not int or not 0 <= unused <= (7 if octets else 0):
            return refuse_value(frame, "bytes and 0 to 7 unused bits", value)
        p = put_octets(w, frame, PyBytes_AS_STRING(octets), PyBytes_GET_SIZE(octets), p)  # which leaves SMALL before them
        if p != NULL:
            p -= 1
            inside(p, 1, w.start, w.end)
            p[0] = <uint8_t>unused
        return p
    except BaseException as error:
        set_exception(error)
        return NULL


cdef uint8_t *put_any(Writer *w, Frame *frame, Node *node, PyObject *value, uint8_t *p) noexcept:
    """The octets of one whole tag-length-value: others would break what stands around them."""
    cdef Reader rd
    cdef Frame inner
    cdef const uint8_t *data
    cdef const uint8_t *end
    cdef Py_ssize_t n
    if not bytes_check(value):
        return refuse_type(frame, node, value)
    data = <const uint8_t *>bytes_data(value)
    n = bytes_size(value)
    rd = _default_reader
    rd.start = data
    rd.first = data
    rd.end = data + n
    rd.most_elements = n
    rd.most_depth = DEEPEST
    rd.most_tag_octets = 8  # the most that `Limits` lets a reader take
    rd.deviations = <PyObject *>_UNLISTED  # what lenient reading has kept goes as it came
    inner.up = NULL
    inner.node = node
    inner.at = -1
    inner.depth = 1
    end = skip(&rd, &inner, data, data + n)
    if end != data + n:
        PyErr_Clear()
        try:
            excerpt = (<object>value)[:32].hex() or "none"
        except BaseException as error:
            set_exception(error)
            return NULL
        return refuse(frame, Reason.UNWRITABLE_VALUE, f"expected the octets of one whole BER value, found {excerpt}")
    return put_octets(w, frame, <const char *>data, n, p)


cdef uint8_t *put_contents(Writer *w, Frame *frame, Node *node, PyObject *value, uint8_t *p) noexcept:
    """The contents of a value, ending at p; returns where they begin.  There is room for small values."""
    cdef int kind = node.kind
    if kind == SEQUENCE:
        return put_sequence(w, frame, node, value, p)
    if kind == STRING:
        return put_text(w, frame, node, value, p)
    if kind == ENUMERATED:
        # a plain number is as the lenient reader keeps an unlisted one; a member of another enumeration is a slip
        if Py_TYPE(value) != node.cls and not PyLong_CheckExact(value):
            return refuse_type(frame, node, value)
        return put_integer(w, frame, value, p)
    if kind == BOOLEAN:
        if value != Py_True and value != Py_False:
            return refuse_type(frame, node, value)
        p -= 1
        p[0] = 0xFF if value == Py_True else 0
        return p
    if kind == SEQUENCE_OF:
        return put_sequence_of(w, frame, node, value, p)
    if kind == INTEGER:
        if not PyLong_Check(value) or PyBool_Check(value):
            return refuse_type(frame, node, value)
        return put_integer(w, frame, value, p)
    if kind == OBJECT_IDENTIFIER:
        return put_oid(w, frame, node, value, p)
    if kind == OCTET_STRING:
        if not bytes_check(value):
            return refuse_type(frame, node, value)
        return put_octets(w, frame, bytes_data(value), bytes_size(value), p)
    if kind == NULL_TYPE:
        if value != <PyObject *>NULL_VALUE:
            return refuse_type(frame, node, value)
        return p
    return put_bits(w, frame, node, value, p)


cdef inline uint32_t key_of(Node *node, PyObject *value) noexcept:
    """The identifier of the type itself; of two string types, the second is for a VisibleString."""
    if node.other_key and not PyUnicode_CheckExact(value) and PyUnicode_Check(value):
        if PyType_IsSubtype(Py_TYPE(value), <PyTypeObject *>VisibleString):
            return node.other_key
    return node.key


cdef uint8_t *put_value(Writer *w, Frame *frame, Node *node, PyObject *value, uint8_t *p) noexcept:
    """A whole tag-length-value, ending at p; returns where it begins."""
    cdef uint8_t *end = p
    cdef int index
    if not has_room(w, frame, p, 0):
        return NULL
    if node.kind == CHOICE:
        return put_choice(w, frame, node, value, p)
    if node.kind == ANY:
        return put_any(w, frame, node, value, p)
    if node.kind == UNION:
        for index in range(node.count):
            if PyType_IsSubtype(Py_TYPE(value), node.fields[index].node.cls):
                if frame.up == NULL:
                    frame.node = node.fields[index].node
                return put_value(w, frame, node.fields[index].node, value, p)
        return refuse_type(frame, node, value)
    p = put_contents(w, frame, node, value, p)
    if p == NULL:
        return NULL
    p = put_head(w, p, key_of(node, value), end - p)
    if node.wrap:
        p = put_head(w, p, node.wrap, end - p)
    return p


cdef inline uint8_t *put_component(Writer *w, Frame *frame, Field *field, PyObject *value, uint8_t *p) noexcept:
    """A component with its tag, ending at p; returns where it begins."""
    cdef uint8_t *end = p
    if field.read == READ_IMPLICIT:
        if not has_room(w, frame, p, 0):
            return NULL
        p = put_contents(w, frame, field.node, value, p)
    elif field.read == READ_TEXT:
        p = put_text(w, frame, field.node, value, p)
        if p == NULL:
            return NULL
        p = put_head(w, p, key_of(field.node, value), end - p)
    else:
        p = put_value(w, frame, field.node, value, p)
        if field.read == READ_UNTAGGED:
            return p
    if p == NULL:
        return NULL
    return put_head(w, p, field.key, end - p)


cdef inline bint enter(Frame *frame, Frame *up, Node *node) noexcept:
    """Make ready to write what is inside a value; False, with an error set, where it is too deep."""
    frame.up = up
    frame.node = node
    frame.depth = up.depth + 1
    frame.reserve = up.reserve + HEADS
    if frame.depth > DEEPEST:
        refuse(up, Reason.LIMIT, "expected at most 256 levels of values, found more")
        return False
    return True


cdef uint8_t *put_sequence(Writer *w, Frame *up, Node *node, PyObject *value, uint8_t *p) noexcept:
    cdef Frame frame
    cdef Field *field
    cdef PyObject *component
    cdef int same
    if Py_TYPE(value) != node.cls and not PyType_IsSubtype(Py_TYPE(value), node.cls):
        return refuse_type(up, node, value)
    if not enter(&frame, up, node):
        return NULL
    frame.at = node.count
    while frame.at > 0:
        frame.at -= 1
        field = &node.fields[frame.at]
        component = slot_of(value, field)[0]
        if component == Py_None and field.optional:
            continue
        if component == NULL or component == Py_None:
            return refuse_type(&frame, field.node, component)
        if field.default != NULL and not w.defaults and Py_TYPE(component) == Py_TYPE(field.default):
            same = PyObject_RichCompareBool(component, field.default, Py_EQ)
            if same < 0:
                return NULL
            if same:
                continue
        p = put_component(w, &frame, field, component, p)
        if p == NULL:
            return NULL
    return p


cdef uint8_t *put_sequence_of(Writer *w, Frame *up, Node *node, PyObject *value, uint8_t *p) noexcept:
    cdef Frame frame
    if not PyTuple_Check(value):
        return refuse_type(up, node, value)
    if not enter(&frame, up, node):
        return NULL
    frame.at = PyTuple_GET_SIZE(value)
    while frame.at > 0:
        frame.at -= 1
        p = put_value(w, &frame, node.element, PyTuple_GET_ITEM(value, frame.at), p)
        if p == NULL:
            return NULL
    return p


cdef uint8_t *put_choice(Writer *w, Frame *up, Node *node, PyObject *value, uint8_t *p) noexcept:
    cdef Frame frame
    cdef PyObject *alternative
    cdef int index, chosen = -1
    if Py_TYPE(value) != node.cls and not PyType_IsSubtype(Py_TYPE(value), node.cls):
        return refuse_type(up, node, value)
    for index in range(node.count):
        alternative = slot_of(value, &node.fields[index])[0]
        if alternative != Py_None and alternative != NULL:
            if chosen >= 0:
                chosen = -1
                break
            chosen = index
    if chosen < 0:
        return refuse(
            up, Reason.UNWRITABLE_VALUE, "expected a CHOICE with exactly one member set, found none or several"
        )
    if not enter(&frame, up, node):
        return NULL
    frame.at = chosen
    return put_component(w, &frame, &node.fields[chosen], slot_of(value, &node.fields[chosen])[0], p)


# ── what Python calls ────────────────────────────────────────────────────────────────────────────────────────────

cdef inline bint is_padding(uint8_t octet) noexcept:
    """00, CR, LF: what fills blocks, ends lines of mail, and begins no APDU."""
    return octet == 0 or octet == 0x0D or octet == 0x0A


cdef Py_ssize_t _pass_padding(
    Reader *rd, Frame *base, Table table, const uint8_t *p, const uint8_t *limit, str words
) except -1:
    """The number of octets of padding before or behind a value of a union, which lenient reading lists."""
    cdef const uint8_t *q = p
    if table.node.kind != UNION:
        return 0
    while q < limit and is_padding(q[0]):
        q += 1
    if q - p > rd.most_padding:
        fail_limit(rd, base, p, "padding", rd.most_padding, "octets of padding")
        reraise()
    if q > p and not deviate(rd, base, base.node, p, q, limit, Reason.PADDING, words):
        reraise()
    return q - p


cdef str _notation(Node *node, const uint8_t *p, const uint8_t *limit):
    """The notation of octets that are no value of a union, or None: see `isoill.notations`."""
    return notation_of(PyBytes_FromStringAndSize(<const char *>p, min(limit - p, _MOST))) if node.kind == UNION else None


cdef _fail(Reader *rd, Table table):
    """Hand on the error that is set, unless what was read is no BER at all: that is then the error."""
    notation = None
    try:
        reraise()
    except DecodeError:
        notation = _notation(&table.node, rd.first, rd.end)
        if notation is None:
            raise
    raise DecodeError(
        Reason.NOT_BER, f"expected {table.type.name}, found {notation}", table.type.name, rd.first - rd.start
    )


cdef Py_ssize_t _open(
    Reader *rd, Frame *base, Table table, const uint8_t *start, Py_ssize_t offset, Py_ssize_t size, object limits
) except -1:
    """Make ready to read the value at `offset`, and no more of it than the limits allow; returns that many octets."""
    cdef Py_ssize_t octets = _default_octets
    cdef Py_ssize_t declared
    if table is None or table.node.table == NULL:
        raise TypeError("a Table made by table() is wanted")
    rd[0] = _default_reader
    if limits is not DEFAULT_LIMITS:
        if not isinstance(limits, Limits):
            raise TypeError(f"limits: expected Limits, found {type(limits).__name__}")
        _take_limits(rd, limits)
        octets = limits.octets
    rd.start = start
    rd.first = start + offset
    rd.end = start + offset + min(size - offset, octets)
    declared = declared_size(start + offset, rd.end)
    rd.bounded = 0 <= declared <= rd.end - start - offset
    base.up = NULL
    base.node = &table.node
    base.at = -1
    base.depth = 1
    return octets


cdef _fail_octets(Table table, Py_ssize_t offset, Py_ssize_t octets):
    raise LimitError(Reason.LIMIT, f"expected at most {octets} octets, found more", table.type.name, offset, "octets")


cdef _fail_within(Reader *rd, Table table, Py_ssize_t offset, Py_ssize_t size, Py_ssize_t octets):
    """`_fail`, where of `size` octets only as many were looked at as the limit allows."""
    try:
        _fail(rd, table)
    except TruncatedError:
        if size > octets:
            _fail_octets(table, offset, octets)
        raise


cdef Py_ssize_t _padding_before(
    Table table, const uint8_t *start, Py_ssize_t offset, Py_ssize_t size, object deviations, object limits
) except -1:
    """In lenient reading, the number of octets of padding before a value of a union; what is nothing else is none."""
    cdef Reader rd
    cdef Frame base
    cdef Py_ssize_t at = offset
    if deviations is None or at == size or not is_padding(start[at]) or table.node.kind != UNION:
        return 0
    while at < size and is_padding(start[at]):
        at += 1
    if at == size:
        return 0
    _open(&rd, &base, table, start, offset, size, limits)
    rd.deviations = <PyObject *>deviations
    return _pass_padding(&rd, &base, table, start + offset, start + at, "expected {type} alone, found padding before it")


cdef object _read(Table table, const uint8_t *start, Py_ssize_t size, object deviations, object limits):
    """The one value that the octets are."""
    cdef Reader rd
    cdef Frame base
    cdef PyObject *value
    cdef Py_ssize_t before = _padding_before(table, start, 0, size, deviations, limits)
    cdef Py_ssize_t octets = _open(&rd, &base, table, start, before, size, limits)
    if size - before > octets and (deviations is None or declared_size(rd.first, rd.end) > octets):
        _fail_octets(table, before, octets)
    rd.deviations = NULL if deviations is None else <PyObject *>deviations
    value = read_value(&rd, &base, &table.node, rd.first, rd.end)
    if value == NULL:
        _fail_within(&rd, table, before, size - before, octets)
    result = <object>value
    Py_DECREF(value)
    rd.end = start + size
    if rd.pos != rd.end and deviations is not None:
        rd.pos += _pass_padding(&rd, &base, table, rd.pos, rd.end, "expected {type} alone, found padding behind it")
    if rd.pos != rd.end:
        left = rd.end - rd.pos
        raise DecodeError(
            Reason.TRAILING_OCTETS, f"expected the end, found {left} more octet{'s' if left > 1 else ''}",
            _path(&base), rd.pos - start,
        )
    return result


cdef extern from *:
    """
    static inline void *isoill_error(void) { return NULL; }
    """
    void *isoill_error() except NULL


cdef int reraise() except -1:
    """Hand on the exception that is set."""
    isoill_error()
    return 0


cdef class _Octets:
    """The octets of bytes, or of anything that has a buffer."""

    cdef Py_buffer view
    cdef bint held
    cdef object owner
    cdef const uint8_t *start
    cdef Py_ssize_t size

    def __cinit__(self, data):
        self.owner = data
        if PyBytes_CheckExact(data):
            self.start = <const uint8_t *>PyBytes_AS_STRING(data)
            self.size = PyBytes_GET_SIZE(data)
        else:
            try:
                PyObject_GetBuffer(data, &self.view, PyBUF_SIMPLE)
            except BufferError:
                raise TypeError("data: expected octets in one row, found a memoryview with gaps") from None
            except TypeError:
                raise TypeError(f"data: expected bytes, bytearray or memoryview, found {type(data).__name__}") from None
            self.held = True
            self.start = <const uint8_t *>self.view.buf
            self.size = self.view.len

    def __dealloc__(self):
        if self.held:
            PyBuffer_Release(&self.view)


def read(Table table not None, data, list deviations, limits, /):
    """The one value that the octets are.

    Reading is lenient where there is a list for the deviations, strict where there is None.
    """
    return _read_data(table, data, deviations, limits)


cdef object _read_data(Table table, data, list deviations, limits):
    cdef _Octets octets
    if PyBytes_CheckExact(data):
        return _read(table, <const uint8_t *>PyBytes_AS_STRING(data), PyBytes_GET_SIZE(data), deviations, limits)
    octets = _Octets(data)
    return _read(table, octets.start, octets.size, deviations, limits)


def read_from(Table table not None, data, offset, list deviations, limits, /):
    """The value at an offset, and the offset at which it ends; what follows is not looked at.

    Reading is lenient where there is a list for the deviations, strict where there is None.
    """
    cdef _Octets octets = _Octets(data)
    cdef Reader rd
    cdef Frame base
    cdef PyObject *value
    cdef Py_ssize_t most, begin
    if not 0 <= offset <= octets.size:
        raise ValueError(f"offset: expected 0 to {octets.size}, found {offset}")
    begin = offset
    begin += _padding_before(table, octets.start, begin, octets.size, deviations, limits)
    most = _open(&rd, &base, table, octets.start, begin, octets.size, limits)
    if declared_size(octets.start + begin, rd.end) > most:
        _fail_octets(table, begin, most)
    rd.deviations = NULL if deviations is None else <PyObject *>deviations
    value = read_value(&rd, &base, &table.node, octets.start + begin, rd.end)
    if value == NULL:
        _fail_within(&rd, table, begin, octets.size - begin, most)
    result = <object>value
    Py_DECREF(value)
    if deviations is not None:
        rd.pos += _pass_padding(
            &rd, &base, table, rd.pos, octets.start + octets.size, "expected {type} alone, found padding behind it"
        )
    return result, rd.pos - octets.start


cdef void fill(PyObject *instance, Py_ssize_t offset, PyObject *value) noexcept:
    """A slot of an instance that is being made."""
    Py_INCREF(value)
    (<PyObject **>(<char *>instance + offset))[0] = value


cdef int _slot_offsets(record, int count, Py_ssize_t *offsets) except -1:
    """Where the slots of a record of so many are, and nothing else."""
    names = record.__slots__
    if record.__dictoffset__ or record.__weakrefoffset__ or len(names) != count:
        raise TypeError(f"{record.__name__}: a class of {count} slots is wanted")
    for index, name in enumerate(names):
        descriptor = _slot(record, name)
        offsets[index] = slot_offset(<PyObject *>descriptor)
    return 0


cdef class Examine:
    """Reads leniently, and returns the value and its deviations in a record: a dataclass of these two slots.

    Made once and called with octets; making the record here costs a tenth of what calling its class does.
    """

    cdef object record
    cdef Py_ssize_t offsets[2]

    def __init__(self, record, /):
        _slot_offsets(record, 2, self.offsets)
        self.record = record

    cdef object made(self, object value, list deviations):
        cdef PyObject *examination = new_instance(<PyTypeObject *>self.record)
        cdef tuple found = tuple(deviations) if deviations else ()
        if examination == NULL:
            reraise()
        fill(examination, self.offsets[0], <PyObject *>value)
        fill(examination, self.offsets[1], <PyObject *>found)
        result = <object>examination
        Py_DECREF(examination)
        return result

    def whole(self, Table table not None, data, limits, /):
        """What the octets are, and how they deviate."""
        cdef list deviations = []
        if self.record is None:
            raise TypeError("Examine was not made by calling it")
        return self.made(_read_data(table, data, deviations, limits), deviations)

    def first(self, Table table not None, data, offset, limits, /):
        """The same of the value at an offset, behind which there may be more; also the offset at which it ends."""
        cdef list deviations = []
        if self.record is None:
            raise TypeError("Examine was not made by calling it")
        value, end = read_from(table, data, offset, deviations, limits)
        return self.made(value, deviations), end


cdef class Peek:
    """Reads, of a value of a union, which alternative it is, one component of it, and the length of the whole.

    Made once and called with octets.  Nothing else is read; what comes after the component is not looked at, but for
    its end where the length is indefinite.  ``record`` is a dataclass of three slots, of which instances are returned;
    ``kinds`` says what its first is for each alternative.
    """

    cdef Table table
    cdef int component
    cdef tuple kinds
    cdef object record
    cdef Py_ssize_t offsets[3]

    def __init__(self, Table table not None, int component, tuple kinds not None, record, /):
        if table.node.kind != UNION:
            raise TypeError(f"{table.type}: a union is wanted")
        if len(kinds) != table.node.count:
            raise TypeError(f"{table.type}: a kind for each alternative is wanted, found {len(kinds)}")
        _slot_offsets(record, 3, self.offsets)
        self.table, self.component, self.kinds, self.record = table, component, kinds, record

    def __call__(self, data, /):
        cdef _Octets octets
        cdef const uint8_t *start
        cdef Py_ssize_t size, most
        cdef Reader rd
        cdef Frame base, frame
        cdef Head head, inner
        cdef Node *node
        cdef Field *field
        cdef PyObject *value
        cdef const uint8_t *p
        cdef const uint8_t *q = NULL
        cdef const uint8_t *limit
        cdef PyObject *envelope
        cdef object length, kind
        cdef int index, alternative
        if PyBytes_CheckExact(data):
            start = <const uint8_t *>PyBytes_AS_STRING(data)
            size = PyBytes_GET_SIZE(data)
        else:
            octets = _Octets(data)
            start = octets.start
            size = octets.size
        if self.table is None:
            raise TypeError("Peek was not made by calling it")
        most = _open(&rd, &base, self.table, start, 0, size, DEFAULT_LIMITS)
        if declared_size(start, rd.end) > most:
            _fail_octets(self.table, 0, most)
        alternative = self.table.node.lead[start[0]] if size else NO_COMPONENT
        if alternative == NO_COMPONENT:
            if size == 0:
                fail_short(&rd, &base, start, rd.end, 2)
            else:
                unexpected(&rd, &base, &self.table.node, start, rd.end)
            _fail(&rd, self.table)
        node = self.table.node.fields[alternative].node
        base.node = node
        if not read_head(&rd, &base, start, rd.end, &head):
            fail_wrapped(&rd, &base, node, start, rd.end)
            _fail(&rd, self.table)
        limit = head.end if head.end != NULL else rd.end
        if not read_head(&rd, &base, head.start, limit, &inner):
            _fail(&rd, self.table)
        if inner.key != node.key:
            unexpected(&rd, &base, node, head.start, limit)
            _fail(&rd, self.table)
        if inner.end != NULL:
            limit = inner.end
        frame.up = &base
        frame.node = node
        frame.depth = 3
        frame.at = -1
        p = inner.start
        while True:
            index = NO_COMPONENT if p >= limit else find(node, p, limit, &q)
            if index >= self.component:
                break
            p = skip(&rd, &frame, p, limit)
            if p == NULL:
                reraise()
        if index != self.component:
            if p >= limit and limit == rd.end and not rd.bounded:
                fail_short(&rd, &frame, p, limit, 2)
                reraise()
            fail_missing(&rd, &frame, node, self.component, p, limit)
            reraise()
        frame.at = self.component
        field = &node.fields[self.component]
        value = read_component(&rd, &frame, field, p, q, limit)
        if value == NULL:
            reraise()
        p = head.end
        if p == NULL:
            rd.elements = 0
            p = skip(&rd, &base, start, rd.end)
            if p == NULL:
                Py_DECREF(value)
                if size > most:
                    PyErr_Clear()
                    _fail_octets(self.table, 0, most)
                reraise()
        length = p - start
        envelope = new_instance(<PyTypeObject *>self.record)
        if envelope == NULL:
            Py_DECREF(value)
            reraise()
        kind = self.kinds[alternative]
        fill(envelope, self.offsets[0], <PyObject *>kind)
        fill(envelope, self.offsets[1], value)
        fill(envelope, self.offsets[2], <PyObject *>length)
        Py_DECREF(value)
        result = <object>envelope
        Py_DECREF(envelope)
        return result


cdef Py_ssize_t header_misses(Reader *rd, const uint8_t *p, const uint8_t *end) noexcept:
    """The least number of octets that the header at p lacks; 0 where it is all there, or cannot become one."""
    cdef Py_ssize_t left
    cdef const uint8_t *q = p
    if p >= end:
        return 2
    if p[0] & 0x1F == 0x1F:
        p += 1
        while p < end and p[0] & 0x80:
            p += 1
            if p - q >= rd.most_tag_octets:
                return 0
    p += 1
    if p >= end:
        return 1 + (p - end)
    left = end - p - 1
    if p[0] <= 0x80 or p[0] & 0x7F > 8 or p[0] & 0x7F <= left:
        return 0
    return (p[0] & 0x7F) - left


cdef enum:
    LARGEST = 16 << 20  # octets of an APDU: the most that `Limits.octets` can be


cdef class Frames:
    """Finds whole values of a union in octets that come in any pieces, and gives them back as they came.

    Only the outermost tag is judged, and what is necessary to find the end: `isoill.framing` tells more.  What is kept
    is the value under way, and what has come behind it.  No header is looked at again once it was whole, so that octets
    which come one by one cost no more looking than octets which come at once.
    """

    cdef Table table
    cdef object limits
    cdef bint strict
    cdef Reader rd
    cdef Py_ssize_t most  # octets of one value
    cdef uint8_t form  # class and form of the outermost tags
    cdef uint8_t *data
    cdef Py_ssize_t room
    cdef Py_ssize_t size  # octets of `data` that have come
    cdef Py_ssize_t begin  # of the value under way
    cdef Py_ssize_t at  # how far the look-out for its end has come, where its length is indefinite
    cdef Py_ssize_t unended  # indefinite lengths that are open
    cdef Py_ssize_t want  # octets of `data` without which there is no use in looking
    cdef Py_ssize_t passing  # octets still to come of a value that is passed over
    cdef Py_ssize_t passed  # octets of the stream before `data`
    cdef Py_ssize_t run  # octets of padding since the last value
    cdef Py_ssize_t padded  # octets of padding in all
    cdef bint ended  # no more octets will come
    cdef object failed  # the error after which the stream cannot go on

    def __init__(self, Table table not None, bint strict, limits, /):
        cdef Frame base
        if table.node.kind != UNION:
            raise TypeError(f"{table.type}: a union is wanted")
        if self.table is not None:
            raise TypeError("a frame buffer is made once")
        self.most = _open(&self.rd, &base, table, &self.form, 0, 0, limits)  # there are no octets yet: any place will do
        self.table = table
        self.limits = limits
        self.strict = strict
        self.rd.deviations = NULL if strict else <PyObject *>_UNLISTED
        self.rd.quiet = True
        self.form = <uint8_t>((table.node.fields[0].node.wrap or table.node.fields[0].node.key) & 0xE0)
        self.want = 2

    def __dealloc__(self):
        PyMem_Free(self.data)

    def feed(self, data, /):
        """Take octets that have come; returns the buffer itself, which gives what is whole.  Raises nothing of theirs."""
        with cython.critical_section(self):
            self._take_piece(data)
        return self

    def feed_from(self, pieces, /):
        """Take pieces from an iterable, each when all that is whole in those before has been given; gives what is whole.

        A loop over pieces without a call for each: one that is left early leaves the other pieces where they are.
        """
        cdef Feeding feeding = Feeding.__new__(Feeding)
        feeding.frames = self
        feeding.pieces = iter(pieces)
        return feeding

    def __iter__(self):
        return self

    def __next__(self):
        cdef object value = None
        with cython.critical_section(self):
            if self._may_give():
                value = self._next()
        if value is None:
            raise StopIteration
        return value

    def finish(self, /):
        """No more octets will come: raises a `DecodeError`, mostly a `TruncatedError`, if they end inside of something.

        Take what is whole first: it is no error, and what is behind it is not judged.
        """
        with cython.critical_section(self):
            self._finish()

    @property
    def can_continue(self):
        """Whether more may be found: not behind an error after which it cannot be told where the next begins."""
        return self.failed is None

    @property
    def offset(self):
        """Octets from the start of the stream to where the next one is looked for: the end of the last."""
        return self.passed + self.begin

    @property
    def held(self):
        """Octets that have come and have not been taken."""
        return self.size - self.begin

    @property
    def needed(self):
        """The least number of further octets without which nothing further is whole."""
        return self.passing if self.passing else max(self.want - self.size, 1)

    @property
    def padding(self):
        """Octets of padding that have been passed over, in all."""
        return self.padded

    @cython.final
    cdef inline bint _may_give(self) noexcept:
        """Whether there is use in looking: most octets of a stream that comes in small pieces have none."""
        return self.size >= self.want or self.failed is not None or self.passing

    @cython.final
    cdef inline int _take_piece(self, data) except -1:
        """Take the octets of an object."""
        cdef _Octets octets
        if PyBytes_CheckExact(data):
            if 0 < self.size < self.room and self.failed is None and PyBytes_GET_SIZE(data) == 1:  # all that one costs
                self.data[self.size] = PyBytes_AS_STRING(data)[0]
                self.size += 1
                return 0
            return self._take(<const uint8_t *>PyBytes_AS_STRING(data), PyBytes_GET_SIZE(data))
        octets = _Octets(data)
        return self._take(octets.start, octets.size)

    @cython.final
    cdef int _take(self, const uint8_t *p, Py_ssize_t n) except -1:
        """Append octets to those that are kept."""
        cdef Py_ssize_t kept, room
        cdef uint8_t *larger
        if self.failed is not None:
            return 0
        if self.passing and self.begin == self.size:
            kept = min(self.passing, n)
            self._leave(0)
            self.passed += kept
            self.passing -= kept
            p += kept
            n -= kept
        if n == 0:
            return 0
        if n > self.room - self.size:
            kept = self.size - self.begin
            if n > self.room - kept or self.begin < kept:
                room = max(2 * self.room, kept + n, 256)
                larger = <uint8_t *>PyMem_Malloc(room)
                if larger == NULL:
                    raise MemoryError
                if kept:
                    memcpy(larger, self.data + self.begin, kept)
                PyMem_Free(self.data)
                self.data = larger
                self.room = room
            else:
                memmove(self.data, self.data + self.begin, kept)
            self.passed += self.begin
            self.at -= self.begin
            self.want -= self.begin
            self.begin = 0
            self.size = kept
        memcpy(self.data + self.size, p, n)
        self.size += n
        return 0

    cdef void _leave(self, Py_ssize_t octets) noexcept:
        """So many octets are done with; what comes next is a new value."""
        self.begin += octets
        self.at = self.begin
        self.unended = 0
        if self.begin == self.size:
            self.passed += self.size
            self.begin = self.at = self.size = 0
            if self.room > 1 << 16:  # what one large value took is not kept for the small ones
                PyMem_Free(self.data)
                self.data = NULL
                self.room = 0
        self.want = self.begin + 2

    cdef void _pass_over(self) noexcept:
        """Leave what has come of a value that is too large."""
        cdef Py_ssize_t octets = min(self.passing, self.size - self.begin)
        self.passing -= octets
        self._leave(octets)

    cdef int _go_on(self) except -1:
        """Raise what cannot be gone on after, and leave what is passed over."""
        if self.table is None:
            raise TypeError("a frame buffer is wanted that was made by calling its class")
        if self.failed is not None:
            raise type(self.failed)(*self.failed.args)
        if self.passing:
            self._pass_over()
        return 0

    cdef object _next(self):
        """The next whole value, or None where more octets are needed."""
        cdef Py_ssize_t n
        cdef object value
        self._go_on()
        if self.passing or self.size < self.want:
            return None
        try:
            n = self._look()
        except DecodeError as error:
            error._moved(self.passed)
            if self.passing:
                self._pass_over()
            else:
                self.failed = error
                self._leave(0)
                self.passed += self.begin
                self.begin = self.size = 0
            raise
        if n == 0:
            return None
        value = PyBytes_FromStringAndSize(<const char *>self.data + self.begin, n)
        self.run = 0
        self._leave(n)
        return value

    cdef int _skip_padding(self) except -1:
        if self.strict:
            return 0
        while self.begin < self.size and is_padding(self.data[self.begin]):
            self.begin += 1
            self.run += 1
            self.padded += 1
        if self.run > self.rd.most_padding:
            raise LimitError(
                Reason.LIMIT, f"expected at most {self.rd.most_padding} octets of padding, found more",
                self.table.type.name, self.begin - self.run, "padding",
            )
        return 0

    cdef int _finish(self) except -1:
        self._go_on()
        try:
            if self.passing:
                raise TruncatedError(
                    Reason.TRUNCATED, f"expected at least {self.passing} more octets, found the end of the data",
                    self.table.type.name, 0, self.passing,
                )
            if self.size > self.begin:
                self.ended = True
                if self._judge() == 0 and self.size > self.begin:
                    _read(
                        self.table, self.data + self.begin, self.size - self.begin,
                        None if self.strict else [], self.limits,
                    )
        except DecodeError as error:
            self.failed = error._moved(self.offset)
            raise
        return 0

    cdef Py_ssize_t _judge(self) except -1:
        """`_look` at the last octets; where they are a whole value after all, it is still to be taken."""
        try:
            return self._look()
        except DecodeError as error:
            error._moved(-self.begin)
            raise

    cdef Py_ssize_t _look(self) except -1:
        """The octets of the value under way, which is whole; 0 where more are needed: how many more says `want`."""
        cdef Frame base
        cdef Head head
        cdef Py_ssize_t length = 0, missing
        cdef const uint8_t *p
        cdef const uint8_t *end
        cdef uint8_t inner
        cdef bint welcome
        cdef Reader *rd = &self.rd
        if self.unended == 0:
            self._skip_padding()
            if self.begin == self.size:
                self._leave(0)
                return 0
        base.up = NULL
        base.node = &self.table.node
        base.at = -1
        base.depth = 1
        rd.start = self.data
        rd.first = p = self.data + self.begin
        rd.end = end = self.data + self.size
        if self.table.node.lead[p[0]] < MOST_COMPONENTS:
            base.node = self.table.node.fields[self.table.node.lead[p[0]]].node
        if self.unended == 0:
            missing = header_misses(rd, p, end)
            if missing:
                self.want = self.size + missing
                return 0
            if not read_identifier_and_length(rd, &base, p, end, &head, &length):
                _fail(rd, self.table)
            if length > self.most - (head.start - p):
                if length <= LARGEST:
                    self.passing = head.start - p + length
                fail_limit(rd, &base, p, "octets", self.most, "octets")
                _fail(rd, self.table)
            welcome = p[0] & 0xE0 == self.form
            if welcome and length != 0:
                if head.start == end:
                    self.want = self.size + 1
                    return 0
                inner = head.start[0]
                welcome = (
                    inner == 0x30 or (not self.strict and (inner & 0x80 or inner == 0x3F)) or (inner == 0 and length < 0)
                )
            if not welcome:
                if end - p < _LEAST and is_text(p, end) and not self.ended:  # it is soon known what notation it is
                    self.want = self.begin + _LEAST
                    return 0
                if p[0] & 0xE0 != self.form:
                    unexpected(rd, &base, &self.table.node, p, end)
                else:
                    fail_found(
                        rd, &base, base.node, head.start, end, Reason.UNEXPECTED_TAG, "expected SEQUENCE, found {found}"
                    )
                _fail(rd, self.table)
            if length >= 0:
                length += head.start - p
                self.want = self.begin + length
                return length if self.size >= self.want else 0
            self.unended = 1
            self.at = head.start - self.data
            rd.elements = 1
        while self.unended:
            if self.at - self.begin > self.most:
                fail_limit(rd, &base, rd.first, "octets", self.most, "octets")
                reraise()
            if self.size - self.at < 2:
                self.want = self.at + 2
                return 0
            p = self.data + self.at
            if p[0] == 0:
                if p[1] != 0:
                    fail_found(
                        rd, &base, base.node, p, end, Reason.END_OF_CONTENTS,
                        "expected end-of-contents 00 00, found 00 and another octet",
                    )
                    reraise()
                self.unended -= 1
                self.at += 2
                continue
            missing = header_misses(rd, p, end)
            if missing:
                self.want = self.size + missing
                return 0
            if not read_identifier_and_length(rd, &base, p, end, &head, &length) or not count(rd, &base, p, 1):
                reraise()
            self.at = head.start - self.data
            if length < 0:
                self.unended += 1
                if self.unended > rd.most_depth:
                    fail_limit(rd, &base, p, "depth", rd.most_depth, "levels of constructed values")
                    reraise()
            elif length > self.most:
                fail_limit(rd, &base, rd.first, "octets", self.most, "octets")
                reraise()
            else:
                self.at += length
        return self.at - self.begin


@cython.final
cdef class Feeding:
    """What `Frames` give while pieces are taken from an iterator."""

    cdef Frames frames
    cdef object pieces

    def __iter__(self):
        return self

    def __next__(self):
        cdef Frames frames = self.frames
        cdef object value = None
        if frames is None:
            raise TypeError("what a frame buffer gives is asked of feed_from")
        with cython.critical_section(frames):
            if frames._may_give():
                value = frames._next()
            if value is None:
                for piece in self.pieces:
                    frames._take_piece(piece)
                    if frames._may_give():
                        value = frames._next()
                        if value is not None:
                            break
        if value is None:
            raise StopIteration
        return value


cdef bint is_text(const uint8_t *p, const uint8_t *end) noexcept:
    """Whether octets may be the beginning of a text."""
    while p < end:
        if p[0] < 0x20 and not (9 <= p[0] <= 13):
            return False
        p += 1
    return True


def write(Table table, value, bint defaults, /):
    """The octets of a value; `table` is None where the value is of a declared class."""
    cdef uint8_t small[4096]
    cdef uint8_t *buffer = small
    cdef Py_ssize_t size = 4096
    cdef uint8_t *p
    cdef Writer w
    cdef Frame base
    cdef PyObject *made
    cdef PyObject *found
    if table is None:
        found = PyDict_GetItemWithError(<PyObject *>_tables, <PyObject *>Py_TYPE(<PyObject *>value))
        table = _table_of_instance(value) if found == NULL else <Table>found
    elif table.node.table == NULL:
        raise TypeError("a Table made by table() is wanted")
    base.up = NULL
    base.at = -1
    while True:
        base.node = &table.node
        base.depth = 0
        base.reserve = SMALL + HEADS
        w.start = buffer
        w.end = buffer + size
        w.defaults = defaults
        w.full = False
        p = put_value(&w, &base, &table.node, <PyObject *>value, w.end)
        made = NULL
        if p != NULL:
            made = bytes_new(<const char *>p, w.end - p)
        if buffer != small:
            PyMem_Free(buffer)
        if made != NULL:
            result = <object>made
            Py_DECREF(made)
            return result
        if p != NULL or not w.full:
            reraise()
        size *= 4
        buffer = <uint8_t *>PyMem_Malloc(size)
        if buffer == NULL:
            raise MemoryError


cdef Table _table_of_instance(value):
    """Of a value whose own class has none yet: a class that is met for the first time, or somebody's subclass."""
    cls = type(value)
    for base in cls.__mro__:
        if "__type__" in base.__dict__:
            return table(base)
    raise EncodeError(Reason.WRONG_TYPE, f"expected a value of a declared type, found {cls.__name__}")
